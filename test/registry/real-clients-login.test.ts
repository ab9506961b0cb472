import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { AccessTokensDocument, DeactivateTokenDocument, DeleteTokenDocument } from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { patience } from '../harness/patience.ts'
import { adminPassword, createOrganization, createRepository, generateToken } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { describeWithClients } from '../harness/registry.ts'

describeWithClients('docker login', () => {
  let world: RealClients
  let token: { readonly id: string; readonly secret: string }

  beforeAll(async () => {
    world = await startRealClients()
    await createOrganization(world.owner, 'globex')
    await createRepository(world.owner, 'acme/app')
    token = await generateToken(world.owner)
  })
  afterAll(() => world?.stop())

  const sentence =
    'unauthorized: the username or the access token is wrong, or the token is inactive, expired or deleted; log in with the name of the organization and an active token of it, or with your username and an active token of yours or your password'

  async function expectRejection(username: string, password: string) {
    const { code, stdout, stderr } = await world.logIn(username, password)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(sentence)
    if (password !== '') expect(stderr).not.toContain(password)
  }

  async function lastUseOf(id: string) {
    const { organization } = await world.owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
    return organization?.accessTokens.nodes.find((node) => node.id === id)?.lastUsed
  }

  it('succeeds with the name of the organization and a token, and is its first use', async () => {
    const { id, secret } = await generateToken(world.owner)
    const { code, stdout, stderr } = await world.logIn('acme', secret)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('Login Succeeded')
    expect(await lastUseOf(id)).toMatchObject({
      ipAddress: '127.0.0.1',
      client: expect.stringMatching(/^Docker-Client\//),
      repository: null,
    })
  })

  it("puts the token's id into the grant, and never the secret", async () => {
    await world.push(await world.loggedIn(token.secret), 'acme/app:logged')
    await vi.waitFor(() => expect(world.registry.log()).toContain(`auth.user.name=${token.id}`), patience)
    expect(world.registry.log()).not.toContain(token.secret)
  })

  it('succeeds with the name in any case', async () => {
    const { code, stdout } = await world.logIn('ACME', token.secret)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Login Succeeded') })
  })

  it.each(['admin', 'globex', 'acme2', 'token'])('docker login is rejected with the username %s', async (username) => {
    await expectRejection(username, token.secret)
  })

  it('docker login is rejected with one character changed', async () => {
    const last = token.secret.endsWith('x') ? 'y' : 'x'
    await expectRejection('acme', token.secret.slice(0, -1) + last)
  })

  it('docker login is rejected with the password of an owner, and with a session token', async () => {
    await expectRejection('acme', adminPassword)
    await expectRejection('admin', world.owner.token ?? 'no session')
    await expectRejection('acme', world.owner.token ?? 'no session')
  })

  it('docker login is rejected with a deactivated token', async () => {
    const { id, secret } = await generateToken(world.owner)
    await world.owner.execute(DeactivateTokenDocument, { id })
    await expectRejection('acme', secret)
    expect(await lastUseOf(id)).toBeNull()
  })

  it('docker login is rejected with an expired token', async () => {
    const { id, secret } = await generateToken(world.owner)
    await world.postern.em().nativeUpdate(AccessToken, { id }, { expiresAt: new Date(Date.now() - 1_000) })
    await expectRejection('acme', secret)
  })

  it('docker login is rejected with a deleted token', async () => {
    const { id, secret } = await generateToken(world.owner)
    await world.owner.execute(DeleteTokenDocument, { id })
    await expectRejection('acme', secret)
  })

  it('continues after a restart of the server, for a client that is logged in and for a new one', async () => {
    const client = await world.loggedIn(token.secret)
    const { digest } = await world.push(client, 'acme/app:before')
    await world.postern.restart()
    expect(await world.pull(client, 'acme/app:before')).toMatchObject({ code: 0, digest })
    expect(await world.logIn('acme', token.secret)).toMatchObject({ code: 0 })
  })

  it('ends with the deactivation of the token: the next command of a logged-in client is rejected', async () => {
    const { id, secret } = await generateToken(world.owner)
    const client = await world.loggedIn(secret)
    await world.push(client, 'acme/app:1.0')
    await world.owner.execute(DeactivateTokenDocument, { id })
    for (const command of ['inspect', 'list-tags', 'delete']) {
      const target = command === 'list-tags' ? world.at('acme/app') : world.at('acme/app:1.0')
      const { code, stderr } = await client.skopeo(command, target)
      expect({ command, code }).toEqual({ command, code: 1 })
      expect(stderr).toContain(sentence)
    }
    const push = await client.skopeo('copy', (await world.newImage()).source, world.at('acme/app:2.0'))
    expect(push).toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) })
    const other = await world.loggedIn(token.secret)
    const tags = await other.skopeo('list-tags', world.at('acme/app'))
    expect(JSON.parse(tags.stdout).Tags).toContain('1.0')
    expect(JSON.parse(tags.stdout).Tags).not.toContain('2.0')
  })
})
