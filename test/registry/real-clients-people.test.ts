import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeactivateTokenDocument, PersonalTokensDocument } from '../../schema/typed-documents.ts'
import { generatePersonal, signInDevice } from '../harness/personal-token.ts'
import { createRepository, type Person } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { describeWithClients } from '../harness/registry.ts'

describeWithClients('docker login of a person', () => {
  let world: RealClients
  let ada: Person

  beforeAll(async () => {
    world = await startRealClients()
    ada = await world.postern.signUp('ada')
    await createRepository(world.owner, 'acme/secret')
  })
  afterAll(() => world?.stop())

  async function logIn(password: string, username = 'ada') {
    const { client, code, stdout, stderr } = await world.logIn(username, password)
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('Login Succeeded') })
    return client
  }

  it("succeeds with a personal token: pushes create one's own repositories, and pulls return the images", async () => {
    const { secret } = await generatePersonal(ada.client)
    const client = await logIn(secret)
    const { digest } = await world.push(client, 'ada/tool:1.0')
    expect(await world.pull(client, 'ada/tool:1.0')).toMatchObject({ code: 0, digest })
    expect(await client.skopeo('delete', world.at('ada/tool:1.0'))).toMatchObject({ code: 1 })
    expect(await client.skopeo('list-tags', world.at('acme/secret'))).toMatchObject({ code: 1 })
    const { viewer } = await ada.client.execute(PersonalTokensDocument, {})
    expect(viewer?.user?.accessTokens.nodes).toMatchObject([{ label: 'laptop', lastUsedAt: expect.any(String) }])
    expect(world.registry.log()).not.toContain(secret)
  })

  it('succeeds with the password, and with the token of a device', async () => {
    const { digest } = await world.push(await logIn(ada.password), 'ada/site:1.0')
    const { secret } = await signInDevice(world.postern, ada)
    const client = await logIn(secret)
    expect(await world.pull(client, 'ada/site:1.0')).toMatchObject({ code: 0, digest })
    expect(await client.skopeo('delete', world.at('ada/site:1.0'))).toMatchObject({ code: 0 })
  })

  it('pulls and does not push with a token that reads', async () => {
    const { digest } = await world.push(await logIn(ada.password), 'ada/book:1.0')
    const client = await logIn((await generatePersonal(ada.client, { access: 'READ' })).secret)
    expect(await world.pull(client, 'ada/book:1.0')).toMatchObject({ code: 0, digest })
    const push = await client.skopeo('copy', (await world.newImage()).source, world.at('ada/book:2.0'))
    expect(push).toMatchObject({ code: 1, stderr: expect.stringMatching(/denied|unauthorized/) })
  })

  it('docker login of a person is rejected with another name, a wrong password, and a deactivated token', async () => {
    const { id, secret } = await generatePersonal(ada.client)
    const rejection = async (username: string, password: string) => {
      const { code, stdout, stderr } = await world.logIn(username, password)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('unauthorized: the username or the access token is wrong')
      expect(stderr).not.toContain(password)
    }
    await rejection('admin', secret)
    await rejection('acme', secret)
    await rejection('ada', 'a wrong password')
    const client = await logIn(secret)
    await ada.client.execute(DeactivateTokenDocument, { id })
    await rejection('ada', secret)
    expect(await client.skopeo('list-tags', world.at('ada/tool'))).toMatchObject({ code: 1 })
  })
})
