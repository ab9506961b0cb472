import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RepositoryAction } from '../../src/domain/registry-access/repository-action.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import {
  certificateBundle,
  generateSigningKey,
  jsonWebKeySet,
  openSigningKey,
  type SigningKey,
} from '../../src/registry/signing-key.ts'
import { type GrantedAccess, issueBearerToken } from '../../src/registry/token-issuer.ts'
import { parseRequestedScopes } from '../../src/registry/token-request.ts'
import { writeImage } from '../harness/image.ts'
import {
  createDockerClient,
  type DockerClient,
  describeWithClients,
  type Registry,
  startRegistry,
} from '../harness/registry.ts'

const ISSUER = 'postern-test'
const SERVICE = 'registry-test'

const newKey = async () => openSigningKey(await generateSigningKey(new Date()))

describe('a bearer token', () => {
  const access: GrantedAccess[] = [{ type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }]
  const issuedAt = new Date('2030-05-06T07:08:09.987Z')
  const seconds = Date.UTC(2030, 4, 6, 7, 8, 9) / 1000
  const claims = {
    issuer: ISSUER,
    audience: SERVICE,
    subject: 'token-1',
    access,
    jti: 'jti-1',
    issuedAt,
    lifetimeSeconds: 60,
  }
  const verify = (token: string, key: SigningKey) =>
    jwtVerify(token, createLocalJWKSet(jsonWebKeySet([key])), { currentDate: issuedAt, algorithms: ['ES256'] })

  it('verifies against the published key set, and contains exactly this header and these claims', async () => {
    const key = await newKey()
    const { payload, protectedHeader } = await verify(issueBearerToken(key, claims), key)
    expect(payload).toEqual({
      iss: ISSUER,
      aud: SERVICE,
      sub: 'token-1',
      jti: 'jti-1',
      iat: seconds,
      nbf: seconds - 5,
      exp: seconds + 60,
      access: [{ type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }],
    })
    const x5c = [key.certificateDer.toString('base64')]
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: key.kid, x5c })
  })

  it('a bearer token has the header of its own key when two keys alternate', async () => {
    const [one, two] = [await newKey(), await newKey()]
    for (const key of [one, two, one]) await verify(issueBearerToken(key, claims), key)
    await expect(verify(issueBearerToken(one, claims), two)).rejects.toThrow('no applicable key')
  })

  it('a bearer token does not verify with one character of its claims or its signature changed', async () => {
    const key = await newKey()
    const token = issueBearerToken(key, claims)
    const [header, payload = '', signature = ''] = token.split('.')
    const changed = (part: string) => part.slice(0, 10) + (part[10] === 'A' ? 'B' : 'A') + part.slice(11)
    await expect(verify(`${header}.${changed(payload)}.${signature}`, key)).rejects.toThrow()
    await expect(verify(`${header}.${payload}.${changed(signature)}`, key)).rejects.toThrow('signature')
  })
})

describeWithClients('a registry, docker and skopeo with bearer tokens', () => {
  let accounts: Record<string, { key: SigningKey; actions: RepositoryAction[]; secondsAgo?: number }>
  const clients: DockerClient[] = []
  let server: Server
  let registry: Registry
  let images: string

  beforeAll(async () => {
    const [current, previous, stranger] = [await newKey(), await newKey(), await newKey()]
    accounts = {
      writer: { key: current, actions: ['pull', 'push', 'delete'] },
      reader: { key: current, actions: ['pull'] },
      early: { key: previous, actions: ['pull', 'push'] },
      stranger: { key: stranger, actions: ['pull', 'push'] },
      late: { key: current, actions: ['pull'], secondsAgo: 180 },
    }
    images = await mkdtemp(join(tmpdir(), 'postern-images-'))
    server = createServer((request, response) => {
      const { status, body } = handle(request)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    registry = await startRegistry({
      realm: `http://127.0.0.1:${port}/token`,
      service: SERVICE,
      issuer: ISSUER,
      rootCertBundle: certificateBundle([previous, current]),
    })
  })

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.remove()))
    await registry?.stop()
    server?.close()
    await rm(images, { recursive: true, force: true })
  })

  /** A small token server: everybody who knows the password has the same access to every repository. */
  function handle(request: IncomingMessage) {
    const credentials = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    const [username = '', password] = credentials.split(':')
    const account = accounts[username]
    if (account === undefined || password !== `password-of-${username}`) {
      const rejection = new RegistryError({ status: 401, code: 'UNAUTHORIZED', message: 'that password opens nothing' })
      return { status: rejection.status, body: rejection.toBody() }
    }
    const query = new URL(request.url ?? '', 'http://stand.in').searchParams
    const access = parseRequestedScopes(query.getAll('scope')).flatMap((scope): GrantedAccess[] => {
      if (scope.type !== 'repository') return []
      const isRequested = (action: RepositoryAction | '*') => scope.scopes.some((actions) => actions.has(action))
      const actions = account.actions.filter((action) => isRequested(action) || isRequested('*'))
      return [{ type: 'repository', name: scope.name, actions }]
    })
    const issuedAt = new Date(Date.now() - (account.secondsAgo ?? 0) * 1000)
    const token = { subject: `${username}#1`, access, jti: randomUUID(), issuedAt, lifetimeSeconds: 60 }
    const claims = { issuer: ISSUER, audience: SERVICE, ...token }
    return { status: 200, body: { token: issueBearerToken(account.key, claims) } }
  }

  async function logIn(username: string, password = `password-of-${username}`) {
    const client = await createDockerClient()
    clients.push(client)
    const { code, stdout, stderr } = await client.dockerLogin(registry.host, username, password)
    return { client, code, stdout, stderr }
  }

  async function loggedIn(username: string) {
    const login = await logIn(username)
    expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining('Login Succeeded') })
    return login.client
  }

  async function newImage() {
    const dir = join(images, randomUUID())
    return { source: `oci:${dir}:latest`, ...(await writeImage(dir, dir)) }
  }

  const at = (reference: string) => `docker://${registry.host}/${reference}`
  const rejection = (part: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(part) })

  it('rejects a wrong password at docker login with the message of the token server', async () => {
    expect(await logIn('writer', 'wrong')).toMatchObject(rejection('unauthorized: that password opens nothing'))
  })

  it('pushes, inspects, pulls and deletes with a token for all of it', async () => {
    const writer = await loggedIn('writer')
    const image = await newImage()
    expect(await writer.skopeo('copy', image.source, at('acme/whole:1.0'))).toMatchObject({ code: 0 })
    const inspected = await writer.skopeo('inspect', at('acme/whole:1.0'))
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: image.digest, RepoTags: ['1.0'] })
    const copy = join(images, randomUUID())
    expect(await writer.skopeo('copy', at('acme/whole:1.0'), `oci:${copy}:latest`)).toMatchObject({ code: 0 })
    expect(JSON.parse(await readFile(join(copy, 'index.json'), 'utf8')).manifests[0].digest).toBe(image.digest)
    expect(await writer.skopeo('delete', at('acme/whole:1.0'))).toMatchObject({ code: 0 })
    expect(await writer.skopeo('inspect', at('acme/whole:1.0'))).toMatchObject(rejection('manifest unknown'))
  })

  it('pulls with a token for pulls, and neither pushes nor deletes', async () => {
    const [writer, reader] = [await loggedIn('writer'), await loggedIn('reader')]
    const [image, other] = [await newImage(), await newImage()]
    await writer.skopeo('copy', image.source, at('acme/read:1.0'))
    const push = await reader.skopeo('copy', other.source, at('acme/read:1.0'))
    expect(push).toMatchObject({ code: 1, stderr: expect.stringContaining('denied') })
    expect(await reader.skopeo('delete', at('acme/read:1.0'))).toMatchObject(rejection('UNAUTHORIZED'))
    expect(JSON.parse((await reader.skopeo('inspect', at('acme/read:1.0'))).stdout).Digest).toBe(image.digest)
  })

  it('accepts tokens of every key in the bundle', async () => {
    const early = await loggedIn('early')
    expect(await early.skopeo('copy', (await newImage()).source, at('acme/early:1.0'))).toMatchObject({ code: 0 })
  })

  it('rejects a token signed by a key that is not in the bundle', async () => {
    expect(await logIn('stranger')).toMatchObject(rejection(''))
    expect(registry.log()).toContain('certificate signed by unknown authority')
  })

  it('rejects a token two minutes after its expiry', async () => {
    expect(await logIn('late')).toMatchObject(rejection(''))
    expect(registry.log()).toContain('token not to be used after')
  })
})
