import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  type Permission,
  RepositoryDocument,
  type ScopeInput,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { createOrganization, createRepository, generateToken } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { type CommandResult, type DockerClient, describeWithClients } from '../harness/registry.ts'

const on = (path: string, ...permissions: Permission[]): ScopeInput => ({ resource: 'REPOSITORY', path, permissions })

describeWithClients('docker, skopeo and a registry', () => {
  let world: RealClients
  let full: DockerClient

  beforeAll(async () => {
    world = await startRealClients()
    await createOrganization(world.owner, 'globex')
    for (const name of ['acme/app', 'acme/lib', 'globex/core']) await createRepository(world.owner, name)
    for (const name of ['acme/site', 'globex/site']) await createRepository(world.owner, name, 'PUBLIC')
    full = await clientWith(on('acme/*', 'IMAGE_DELETE'))
  })
  afterAll(() => world?.stop())

  async function clientWith(...scopes: ScopeInput[]): Promise<DockerClient> {
    return world.loggedIn((await generateToken(world.owner, { scopes })).secret)
  }

  async function pushTo(client: DockerClient, reference: string): Promise<CommandResult> {
    return client.skopeo('copy', (await world.newImage()).source, world.at(reference))
  }

  async function tagsOf(repository: string): Promise<string[]> {
    const { stdout } = await full.skopeo('list-tags', world.at(repository))
    return stdout === '' ? [] : JSON.parse(stdout).Tags
  }

  const denied = { code: 1, stderr: expect.stringMatching(/denied|unauthorized|UNAUTHORIZED/) }

  it('a token that may delete pushes, lists, inspects, pulls and deletes', async () => {
    const { digest } = await world.push(full, 'acme/app:whole')
    expect(await tagsOf('acme/app')).toContain('whole')
    const inspected = await full.skopeo('inspect', world.at('acme/app:whole'))
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: digest })
    expect(await world.pull(full, 'acme/app:whole')).toMatchObject({ code: 0, digest })
    expect(await full.skopeo('delete', world.at('acme/app:whole'))).toMatchObject({ code: 0 })
    expect(await world.pull(full, 'acme/app:whole')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('manifest unknown'),
    })
  })

  it('a token that may push pushes and pulls, and deletes nothing', async () => {
    const client = await clientWith(on('acme/app', 'IMAGE_PUSH'))
    const { digest } = await world.push(client, 'acme/app:pushed')
    expect(await client.skopeo('delete', world.at('acme/app:pushed'))).toMatchObject(denied)
    expect(await world.pull(client, 'acme/app:pushed')).toMatchObject({ code: 0, digest })
  })

  it('a token that may pull pulls, and neither pushes nor deletes', async () => {
    const { digest } = await world.push(full, 'acme/app:read')
    const client = await clientWith(on('acme/app', 'IMAGE_PULL'))
    expect(await pushTo(client, 'acme/app:written')).toMatchObject(denied)
    expect(await client.skopeo('delete', world.at('acme/app:read'))).toMatchObject(denied)
    expect(await world.pull(client, 'acme/app:read')).toMatchObject({ code: 0, digest })
    expect(await tagsOf('acme/app')).not.toContain('written')
  })

  it('a token for one repository has no access to another, of its own organization or of another', async () => {
    await world.push(full, 'acme/lib:1.0')
    const client = await clientWith(on('acme/app', 'IMAGE_DELETE'))
    expect(await world.pull(client, 'acme/lib:1.0')).toMatchObject(denied)
    for (const name of ['acme/lib', 'globex/core', 'globex/site', 'nowhere/none'])
      expect(await pushTo(client, `${name}:2.0`)).toMatchObject(denied)
    expect(await tagsOf('acme/lib')).toEqual(['1.0'])
  })

  it('an image is copied from one repository to another, which mounts its layers', async () => {
    const { digest } = await world.push(full, 'acme/app:copied')
    const copy = await full.skopeo('copy', world.at('acme/app:copied'), world.at('acme/lib:copied'))
    expect(copy).toMatchObject({ code: 0 })
    expect(await world.pull(full, 'acme/lib:copied')).toMatchObject({ code: 0, digest })
  })

  it('docker reads a manifest with the credentials of its login', async () => {
    await world.push(full, 'acme/app:manifest')
    const { code, stdout } = await full.docker('manifest', 'inspect', `${world.registry.host}/acme/app:manifest`)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2 })
  })

  it('anonymous clients pull a public repository, and push and delete nothing there', async () => {
    const { digest } = await world.push(full, 'acme/site:1.0')
    const anyone = await world.newClient()
    expect(await world.pull(anyone, 'acme/site:1.0')).toMatchObject({ code: 0, digest })
    expect(await pushTo(anyone, 'acme/site:2.0')).toMatchObject(denied)
    expect(await anyone.skopeo('delete', world.at('acme/site:1.0'))).toMatchObject(denied)
    expect(await tagsOf('acme/site')).toEqual(['1.0'])
  })

  it('anonymous clients cannot pull a private repository', async () => {
    await world.push(full, 'acme/app:private')
    const anyone = await world.newClient()
    expect(await world.pull(anyone, 'acme/app:private')).toMatchObject(denied)
    expect(await world.pull(anyone, 'acme/none:private')).toMatchObject(denied)
  })

  it("a change of visibility applies to everyone's next command", async () => {
    const name = 'acme/door'
    await createRepository(world.owner, name, 'PUBLIC')
    const { digest } = await world.push(full, `${name}:1.0`)
    const anyone = await world.newClient()
    const reader = await clientWith(on('*/*/public', 'IMAGE_PULL'))
    const show = (visibility: 'PUBLIC' | 'PRIVATE') =>
      world.owner.execute(UpdateRepositoryDocument, { name, input: { visibility } })
    for (const client of [anyone, reader]) {
      expect(await world.pull(client, `${name}:1.0`)).toMatchObject({ code: 0, digest })
      await show('PRIVATE')
      expect(await world.pull(client, `${name}:1.0`)).toMatchObject(denied)
      await show('PUBLIC')
      expect(await world.pull(client, `${name}:1.0`)).toMatchObject({ code: 0, digest })
    }
  })

  it('a first push with a token that may create repositories creates a private one', async () => {
    const maker = await clientWith(on('acme/*', 'IMAGE_PUSH'), {
      resource: 'ORGANIZATION',
      path: 'acme',
      permissions: ['REPOSITORY_CREATE'],
    })
    const { digest } = await world.push(maker, 'acme/made/by-push:1.0')
    const made = async () => (await world.owner.execute(RepositoryDocument, { name: 'acme/made/by-push' })).repository
    // The registry reports the push after the client has its response.
    expect(await world.pull(maker, 'acme/made/by-push:1.0')).toMatchObject({ code: 0, digest })
    await expect.poll(made, { timeout: 10_000 }).toMatchObject({ visibility: 'PRIVATE' })
    expect(await world.pull(await world.newClient(), 'acme/made/by-push:1.0')).toMatchObject(denied)
    expect(await pushTo(maker, 'globex/made:1.0')).toMatchObject(denied)
  })

  it('a first push with a token that may not create repositories is denied', async () => {
    expect(await pushTo(full, 'acme/unmade:1.0')).toMatchObject(denied)
    expect(await full.skopeo('delete', world.at('acme/unmade:1.0'))).toMatchObject(denied)
    const { repository } = await world.owner.execute(RepositoryDocument, { name: 'acme/unmade' })
    expect(repository).toBeNull()
  })

  it('a change of scopes applies to the next command', async () => {
    const { id, secret } = await generateToken(world.owner, { scopes: [on('acme/app', 'IMAGE_PUSH')] })
    const client = await world.loggedIn(secret)
    await world.push(client, 'acme/app:edited')
    await world.owner.execute(UpdateTokenDocument, { id, input: { scopes: [on('acme/lib', 'IMAGE_PUSH')] } })
    expect(await pushTo(client, 'acme/app:edited-too')).toMatchObject(denied)
    await world.push(client, 'acme/lib:edited')
  })

  it('a token with a used-up pull limit gets a message, still logs in and pushes, and affects no other', async () => {
    const { digest } = await world.push(full, 'acme/app:limited')
    const { id, secret } = await generateToken(world.owner, { pullLimit: 2 })
    const client = await world.loggedIn(secret)
    for (let pulls = 0; pulls < 2; pulls++)
      expect(await world.pull(client, 'acme/app:limited')).toMatchObject({ code: 0, digest })

    expect(await world.pull(client, 'acme/app:limited')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('too many requests to registry'),
    })
    const inspected = await client.docker('manifest', 'inspect', `${world.registry.host}/acme/app:limited`)
    expect(inspected.code).toBe(1)
    expect(inspected.stderr).toMatch(
      /toomanyrequests: all 2 pulls of the usage window are used up; pull again after \d{4}-/,
    )

    const { organization } = await world.owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
    const token = organization?.accessTokens.nodes.find((node) => node.id === id)
    expect(token?.usageLimit).toMatchObject({ limit: 2, used: 2, remaining: 0 })
    await world.loggedIn(secret)
    await world.push(client, 'acme/app:pushed-at-the-limit')
    expect(await world.pull(full, 'acme/app:limited')).toMatchObject({ code: 0, digest })
  })
})
