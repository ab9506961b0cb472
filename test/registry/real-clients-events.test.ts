import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  ActivityDocument,
  RepositoryTagsDocument,
  UsageReportDocument,
} from '../../schema/typed-documents.ts'
import { AccessTokenLastUse } from '../../src/domain/model/usage-tables.ts'
import { createRepository, generateToken } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { type DockerClient, describeWithClients } from '../harness/registry.ts'

const reported = { timeout: 30_000, interval: 250 }

describeWithClients('a registry that sends reports', () => {
  let world: RealClients
  let client: DockerClient
  let token: string
  let image: { readonly digest: string }

  beforeAll(async () => {
    world = await startRealClients()
    await createRepository(world.owner, 'acme/app')
    const generated = await generateToken(world.owner, {
      scopes: [{ resource: 'REPOSITORY', path: 'acme/app', permissions: ['IMAGE_DELETE'] }],
    })
    token = generated.id
    client = await world.loggedIn(generated.secret)
    image = await world.push(client, 'acme/app:1.0')
    for (let pull = 0; pull < 3; pull++) expect(await world.pull(client, 'acme/app:1.0')).toMatchObject({ code: 0 })
  })
  afterAll(() => world?.stop())

  async function actions() {
    const filter = { token, actions: ['repository.push', 'repository.pull'] }
    const { organization } = await world.owner.execute(ActivityDocument, { organization: 'acme', filter })
    return (organization?.activity.nodes ?? []).map(({ action, target }) => `${action} ${target}`).toSorted()
  }

  const pushAndPulls = [...Array(3).fill('repository.pull acme/app:1.0'), 'repository.push acme/app:1.0']

  it('one push and three pulls are in the log, with their tag', async () => {
    await expect.poll(actions, reported).toEqual(pushAndPulls)
  })

  it('three pulls of the token count, however many grants it had', async () => {
    const { accessToken } = await world.owner.execute(AccessTokenDocument, { id: token })
    expect(accessToken?.usageLimit.used).toBe(3)
  })

  it('the report of the organization contains them', async () => {
    const day = 24 * 60 * 60 * 1000
    const [from, to] = [-day, day].map((ms) => new Date(Date.now() + ms).toISOString())
    const { organization } = await world.owner.execute(UsageReportDocument, {
      organization: 'acme',
      from: from ?? '',
      to: to ?? '',
      groupBy: ['TOKEN', 'REPOSITORY'],
    })
    expect(organization?.usageReport).toMatchObject([
      { accessToken: { id: token }, repository: 'acme/app', pulls: 3, pushes: 1 },
    ])
  })

  it('they are the last use of the token', async () => {
    const lastUse = () => world.postern.em().findOne(AccessTokenLastUse, { token })
    await expect.poll(lastUse, reported).toMatchObject({
      repository: 'acme/app',
      client: expect.stringMatching(/skopeo/),
      ipAddress: '127.0.0.1',
    })
  })

  it('the tag is stored until the image is deleted', async () => {
    const tags = async () =>
      (await world.owner.execute(RepositoryTagsDocument, { name: 'acme/app' })).repository?.tags.nodes
    expect(await tags()).toMatchObject([{ name: '1.0', digest: image.digest, pushedBy: { name: 'acme' } }])
    expect(await client.skopeo('delete', world.at('acme/app:1.0'))).toMatchObject({ code: 0 })
    await expect.poll(tags, reported).toEqual([])
  })

  it.each([
    ['registry', () => world.registry.restart()],
    ['server', () => world.postern.restart()],
  ])('reporting continues after a restart of the %s, and nothing counts twice', async (what, restart) => {
    const before = await actions()
    await restart()
    await world.push(client, `acme/app:after-${what}`)
    await expect.poll(actions, reported).toEqual([...before, `repository.push acme/app:after-${what}`].toSorted())
    // A deletion looks the manifest up first, which is a pull like any other.
    const pulls = before.filter((action) => action.startsWith('repository.pull')).length
    const { accessToken } = await world.owner.execute(AccessTokenDocument, { id: token })
    expect(accessToken?.usageLimit.used).toBe(pulls)
  })
})
