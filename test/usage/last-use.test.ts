import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AccessTokensDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { AccessTokenLastUse } from '../../src/domain/model/usage-tables.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, grantsIn, postForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let session: string | undefined
let clock = Date.UTC(2030, 4, 6, 7, 8, 9, 123)

/** Waits a second, and returns the time. */
function later(): string {
  clock += 1_000
  vi.setSystemTime(clock)
  return new Date(clock).toISOString()
}

beforeAll(async () => {
  later()
  postern = await startPostern()
  session = (await postern.signInAsAdministrator()).token
  await createOrganization(owner(), 'acme', 'BUSINESS')
  await createRepository(owner(), 'acme/app')
  await createRepository(owner(), 'acme/lib')
})
beforeEach(() => {
  later()
})
afterAll(async () => {
  vi.useRealTimers()
  await postern.stop()
})

/** A restarted server listens on another port. */
const owner = () => postern.client(session)

interface Asking {
  readonly scopes?: string[]
  readonly client?: string
  readonly url?: string
}

async function use(secret: string, { scopes = [], client = 'docker/28.2.2', url = postern.url }: Asking = {}) {
  const response = await askForToken(url, { login: acme(secret), scopes, headers: { 'user-agent': client } })
  return grantsIn(response)
}

async function readToken(id: string) {
  const { organization } = await owner().execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  const token = organization?.accessTokens.nodes.find((node) => node.id === id)
  return { lastUsedAt: token?.lastUsedAt, lastUsed: token?.lastUsed, secret: token?.secrets[0]?.lastUsedAt }
}

const never = { lastUsedAt: null, lastUsed: null, secret: null }
const pullApp = 'repository:acme/app:pull'

describe('the first use of a token', () => {
  it('the first use of a token is recorded before the response: a login, with time, address and client', async () => {
    const { id, secret } = await generateToken(owner())
    expect(await readToken(id)).toEqual(never)
    const at = later()
    await use(secret)
    later()
    const lastUsed = { at, ipAddress: '127.0.0.1', client: 'docker/28.2.2', repository: null }
    expect(await readToken(id)).toEqual({ lastUsedAt: at, lastUsed, secret: at })
  })

  it('the first use of a token is recorded before the response: a pull, with its repository', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    await use(secret, { scopes: [pullApp, 'repository:acme/lib:pull'], client: 'skopeo/1.9.3' })
    expect(await readToken(id)).toMatchObject({
      lastUsedAt: at,
      lastUsed: { at, client: 'skopeo/1.9.3', repository: 'acme/app' },
    })
  })

  it('the first use of a token is recorded before the response: a form', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    const form = { grant_type: 'password', username: 'acme', password: secret, scope: pullApp }
    await postForToken(postern.url, form, { 'user-agent': 'containerd/2.1.9' })
    expect(await readToken(id)).toMatchObject({ lastUsed: { at, client: 'containerd/2.1.9', repository: 'acme/app' } })
  })

  it('the first use of a token is recorded before the response: a request over GraphQL', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    const { status } = await postern
      .client(secret)
      .send({ query: '{ viewer { accessToken { id } } }' }, { 'user-agent': 'ci/1' })
    expect(status).toBe(200)
    expect(await readToken(id)).toEqual({
      lastUsedAt: at,
      lastUsed: { at, ipAddress: '127.0.0.1', client: 'ci/1', repository: null },
      secret: at,
    })
  })

  it('the first use of a token is one, if many arrive at once on two servers', async () => {
    const second = await postern.startSecondInstance()
    try {
      const { id, secret } = await generateToken(owner())
      const at = later()
      const urls = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? postern.url : second.url))
      await Promise.all(urls.map((url) => use(secret, { url, scopes: [pullApp] })))
      expect(await readToken(id)).toMatchObject({ lastUsedAt: at, secret: at, lastUsed: { repository: 'acme/app' } })
      expect(await postern.em().count(AccessTokenLastUse, { token: id })).toBe(1)
    } finally {
      await second.stop()
    }
  })

  it('the first use of a token is recorded for this token only', async () => {
    const [one, other] = [await generateToken(owner()), await generateToken(owner())]
    await use(one.secret)
    expect(await readToken(other.id)).toEqual(never)
  })

  it('a use is stored with the beginning of a long client name', async () => {
    const { id, secret } = await generateToken(owner())
    await use(secret, { client: 'x'.repeat(5000) })
    expect((await readToken(id)).lastUsed?.client).toBe('x'.repeat(256))
  })
})

describe('a later use', () => {
  it('a later use is written soon at either endpoint, without a client waiting for it', async () => {
    const [pulling, querying] = [await generateToken(owner()), await generateToken(owner())]
    await use(pulling.secret)
    await use(querying.secret)
    const at = later()
    await use(pulling.secret, { client: 'podman/4.3.1', scopes: [pullApp] })
    await postern.client(querying.secret).execute(ViewerDocument, {})
    for (const { id } of [pulling, querying])
      await vi.waitFor(async () => expect((await readToken(id)).lastUsedAt).toBe(at), { timeout: 20_000 })
    expect(await readToken(pulling.id)).toMatchObject({
      lastUsed: { at, client: 'podman/4.3.1', repository: 'acme/app' },
      secret: at,
    })
    expect(await readToken(querying.id)).toMatchObject({ lastUsed: { at, repository: null }, secret: at })
  })

  it('a use that is a login keeps the repository that was used last', async () => {
    const { id, secret } = await generateToken(owner())
    await use(secret, { scopes: [pullApp] })
    const at = later()
    await use(secret, { client: 'later/1' })
    await postern.restart()
    expect((await readToken(id)).lastUsed).toMatchObject({ at, client: 'later/1', repository: 'acme/app' })
  })

  it('a later use is the newest of many, in whatever order they are written', async () => {
    const { id, secret } = await generateToken(owner())
    await use(secret)
    let at = ''
    for (let count = 0; count < 10; count++) {
      at = later()
      await use(secret, { client: `client/${count}` })
    }
    await postern.restart()
    expect(await readToken(id)).toMatchObject({ lastUsedAt: at, lastUsed: { client: 'client/9' }, secret: at })
  })

  it('a later use never moves the time backwards, on a server with a slow clock', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    await use(secret, { client: 'in-time/1' })
    vi.setSystemTime(clock - 60_000)
    await use(secret, { client: 'behind/1', scopes: [pullApp] })
    await postern.restart()
    later()
    expect(await readToken(id)).toMatchObject({ lastUsedAt: at, lastUsed: { at, client: 'in-time/1' }, secret: at })
  })

  it('a later use is written when the server stops', async () => {
    const second = await postern.startSecondInstance()
    const tokens = []
    for (let count = 0; count < 5; count++) tokens.push(await generateToken(owner()))
    for (const { secret } of tokens) await use(secret)
    const at = later()
    for (const [index, { secret }] of tokens.entries()) await use(secret, { url: index < 3 ? postern.url : second.url })
    await Promise.all([postern.restart(), second.stop()])
    for (const { id } of tokens) expect(await readToken(id)).toMatchObject({ lastUsedAt: at, secret: at })
  })

  it('a later use is not lost if another used token is deleted', async () => {
    const [kept, gone] = [await generateToken(owner()), await generateToken(owner())]
    for (const { secret } of [kept, gone]) await use(secret)
    const at = later()
    for (const { secret } of [gone, kept]) await use(secret)
    await owner().execute(DeleteTokenDocument, { id: gone.id })
    await postern.restart()
    expect(await readToken(kept.id)).toMatchObject({ lastUsedAt: at })
    expect(await postern.em().count(AccessTokenLastUse, { token: gone.id })).toBe(0)
  })
})

describe('an attempt that is not a use', () => {
  it.each<[string, (token: { id: string; secret: string }) => Promise<unknown>]>([
    ['a wrong username', ({ secret }) => askForToken(postern.url, { login: { username: 'eve', password: secret } })],
    ['one character too many', ({ secret }) => askForToken(postern.url, { login: acme(`${secret}0`) })],
    ['its id instead of the secret', ({ id }) => askForToken(postern.url, { login: acme(id) })],
    [
      'another service',
      ({ secret }) => askForToken(postern.url, { login: acme(secret), parameters: { service: 'x' } }),
    ],
    ['a malformed scope', ({ secret }) => askForToken(postern.url, { login: acme(secret), scopes: ['pull'] })],
    [
      'a refresh token',
      ({ secret }) => postForToken(postern.url, { grant_type: 'refresh_token', refresh_token: secret }),
    ],
    [
      'a wrong bearer over GraphQL',
      ({ secret }) => postern.client(`${secret}0`).send({ query: '{ viewer { __typename } }' }),
    ],
    ['a query by its owner', ({ id }) => readToken(id)],
  ])('%s does not set the time of an unused token', async (_, attempt) => {
    const token = await generateToken(owner())
    later()
    await attempt(token)
    await postern.restart()
    expect(await readToken(token.id)).toEqual(never)
  })

  it('an attempt with a deactivated token does not move its time, at the API or the token endpoint', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    await use(secret)
    await owner().execute(DeactivateTokenDocument, { id })
    later()
    expect((await askForToken(postern.url, { login: acme(secret), scopes: [pullApp] })).status).toBe(401)
    expect(await postern.client(secret).codesOf(ViewerDocument, {})).toEqual(['UNAUTHENTICATED'])
    await postern.restart()
    expect(await readToken(id)).toMatchObject({ lastUsedAt: at, lastUsed: { at, repository: null }, secret: at })
  })

  it('a pull beyond the limit is a use, because the credentials were correct', async () => {
    const { id, secret } = await generateToken(owner(), { pullLimit: 0 })
    const at = later()
    expect((await askForToken(postern.url, { login: acme(secret), scopes: [pullApp] })).status).toBe(429)
    expect((await readToken(id)).lastUsedAt).toBe(at)
  })

  it('a repository that is not granted is not recorded, but the use is', async () => {
    const { id, secret } = await generateToken(owner())
    const at = later()
    expect(await use(secret, { scopes: ['repository:globex/secret:pull', 'repository:acme/none:push'] })).toEqual({})
    expect((await readToken(id)).lastUsed).toMatchObject({ at, repository: null })
  })
})
