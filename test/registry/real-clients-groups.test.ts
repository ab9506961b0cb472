import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RepositoryAccess } from '../../schema/typed-documents.ts'
import { addToGroup, createGroup, deleteGroup, removeFromGroup, setGroupAccess } from '../group/arrange.ts'
import { insertPersonalToken } from '../harness/inserted-token.ts'
import { createRepository, generateToken, type Person } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { type CommandResult, type DockerClient, describeWithClients } from '../harness/registry.ts'
import { addMember } from '../token/arrange.ts'

describeWithClients('docker, skopeo and a registry, for a person in a group', () => {
  let world: RealClients
  let publisher: DockerClient
  let ben: Person
  let group: string

  beforeAll(async () => {
    world = await startRealClients()
    const [acme] = await world.postern
      .em()
      .execute<Array<{ id: string }>>("select id from organization where name = 'acme'")
    for (const path of ['app', 'lib']) await createRepository(world.owner, `acme/${path}`)
    const scopes = [{ resource: 'REPOSITORY' as const, path: 'acme/*', permissions: ['IMAGE_PUSH' as const] }]
    publisher = await world.loggedIn((await generateToken(world.owner, { scopes })).secret)
    ben = await world.postern.signUp('ben')
    await addMember(world.postern.em(), acme?.id ?? '', 'ben', 'MEMBER')
  })
  afterAll(() => world?.stop())

  // Ben is in one group, without access.
  beforeEach(async () => {
    await world.postern.em().execute('delete from member_group')
    group = await createGroup(world.owner, 'developers')
    await addToGroup(group, world.owner, 'ben')
  })

  const denied = { code: 1, stderr: expect.stringMatching(/denied|unauthorized|UNAUTHORIZED/) }

  /** A client on its own machine, logged in by Ben with a new token. */
  async function benWith(access: Parameters<typeof insertPersonalToken>[2]): Promise<DockerClient> {
    const { username, password } = await insertPersonalToken(world.postern, 'ben', access)
    const { client, code, stderr } = await world.logIn(username, password)
    if (code !== 0) throw new Error(`The login failed: ${stderr}`)
    return client
  }

  const setAccess = (access: RepositoryAccess | null) => setGroupAccess(group, world.owner, 'acme/app', access)

  async function pushTo(client: DockerClient, reference: string): Promise<CommandResult> {
    return client.skopeo('copy', (await world.newImage()).source, world.at(reference))
  }

  it('a READ token pulls what the group may pull, pushes nothing, and ends with the membership', async () => {
    const { digest } = await world.push(publisher, 'acme/app:read')
    await world.push(publisher, 'acme/lib:read')
    await setAccess('ADMIN')
    const client = await benWith('READ')
    expect(await world.pull(client, 'acme/app:read')).toMatchObject({ code: 0, digest })
    expect(await pushTo(client, 'acme/app:pushed')).toMatchObject(denied)
    expect(await client.skopeo('delete', world.at('acme/app:read'))).toMatchObject(denied)
    expect(await world.pull(client, 'acme/lib:read')).toMatchObject(denied)

    await removeFromGroup(group, ben.client, 'ben')
    expect(await world.pull(client, 'acme/app:read')).toMatchObject(denied)
    await addToGroup(group, world.owner, 'ben')
    expect(await world.pull(client, 'acme/app:read')).toMatchObject({ code: 0, digest })
  })

  it('a READ_WRITE token pushes, and deletes nothing', async () => {
    await setAccess('ADMIN')
    const client = await benWith('READ_WRITE')
    const { digest } = await world.push(client, 'acme/app:written')
    expect(await client.skopeo('delete', world.at('acme/app:written'))).toMatchObject(denied)
    expect(await world.pull(client, 'acme/app:written')).toMatchObject({ code: 0, digest })
    expect(await pushTo(client, 'acme/lib:written')).toMatchObject(denied)
  })

  it('a READ_WRITE_DELETE token deletes if the group has ADMIN, and nothing else', async () => {
    await setAccess('WRITE')
    const client = await benWith('READ_WRITE_DELETE')
    const { digest } = await world.push(client, 'acme/app:deleted')
    expect(await client.skopeo('delete', world.at('acme/app:deleted'))).toMatchObject(denied)
    expect(await world.pull(client, 'acme/app:deleted')).toMatchObject({ code: 0, digest })
    await setAccess('ADMIN')
    expect(await client.skopeo('delete', world.at('acme/app:deleted'))).toMatchObject({ code: 0 })
    expect(await world.pull(client, 'acme/app:deleted')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('manifest unknown'),
    })
  })

  it('a password has the access of the group, until the group is deleted', async () => {
    const { digest } = await world.push(publisher, 'acme/app:password')
    await setAccess('READ')
    const { client, code } = await world.logIn('ben', ben.password)
    expect(code).toBe(0)
    expect(await world.pull(client, 'acme/app:password')).toMatchObject({ code: 0, digest })
    expect(await pushTo(client, 'acme/app:pushed')).toMatchObject(denied)
    await setAccess('WRITE')
    expect(await pushTo(client, 'acme/app:pushed')).toMatchObject({ code: 0 })
    await deleteGroup(world.owner, group)
    expect(await world.pull(client, 'acme/app:password')).toMatchObject(denied)
    expect(await pushTo(client, 'acme/app:pushed')).toMatchObject(denied)
  })
})
