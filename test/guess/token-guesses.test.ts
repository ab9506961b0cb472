import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AccessTokensDocument, DeactivateTokenDocument } from '../../schema/typed-documents.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { acme, basic, postForToken } from '../harness/token-endpoint.ts'
import { counted, loginOutcome, repeat, tryLogin } from './attempts.ts'

let postern: Postern
let owner: Client
let token: { readonly id: string; readonly secret: string }
let networks = 0

const newNetwork = () => `198.18.${++networks >> 8}.${networks & 255}`
const unknown = () => acme(mintSecret('pstn', 'oat').reveal())
const malformed = () => acme(`${unknown().password.slice(0, -1)}-`)

/** The status, the code and the header for a query with a bearer secret. */
async function query(secret: string, network: string) {
  const { status, body, headers } = await postern
    .client(secret)
    .send({ query: '{ viewer { __typename } }' }, { 'x-forwarded-for': network })
  return { status, code: body.errors?.[0]?.extensions.code ?? null, retryAfter: headers.get('retry-after') }
}

/** Uses up the budget of a network. */
const exhaust = (network: string) =>
  Promise.all(Array.from({ length: 100 }, () => loginOutcome(postern.url, malformed(), network)))

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  token = await generateToken(owner)
})
beforeEach(() => postern.em().execute('truncate failure_count'))
afterAll(() => postern.stop())

describe('unknown tokens', () => {
  it('unknown tokens get 401 a hundred times from one network, then 429 with the time to wait', async () => {
    const network = newNetwork()
    const all = await Promise.all(
      Array.from({ length: 110 }, (_, i) => loginOutcome(postern.url, i % 2 ? unknown() : malformed(), network)),
    )
    expect(counted(all)).toEqual({ failed: 100, denied: 10 })
    const { status, headers, body } = await tryLogin(postern.url, unknown(), network)
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(840)
    expect(status).toBe(429)
    expect(body.errors).toEqual([
      {
        code: 'TOOMANYREQUESTS',
        message: expect.stringMatching(/^too many failed attempts from your network\. Try again in 15 minutes\./),
      },
    ])
    expect(headers.get('ratelimit-policy')).toBe('"secrets";q=100;w=900')
    expect(headers.get('ratelimit')).toBe(`"secrets";r=0;t=${seconds}`)
    expect(await loginOutcome(postern.url, unknown(), newNetwork())).toBe('failed')
  })

  it('unknown tokens do not lock out valid tokens, sessions and passwords of the same network', async () => {
    const network = newNetwork()
    await exhaust(network)
    expect(await loginOutcome(postern.url, unknown(), network)).toBe('denied')
    expect(await loginOutcome(postern.url, acme(token.secret), network)).toBe('right')
    expect(await loginOutcome(postern.url, { username: 'admin', password: 'a wrong password' }, network)).toBe('failed')
    expect(await query(token.secret, network)).toMatchObject({ status: 200 })
    expect(await query(owner.token ?? '', network)).toMatchObject({ status: 200 })
  })

  it('unknown tokens count the same for the API and its exports', async () => {
    const network = newNetwork()
    expect(await query(unknown().password, network)).toEqual({ status: 401, code: 'UNAUTHENTICATED', retryAfter: null })
    await exhaust(network)
    expect(await query(unknown().password, network)).toEqual({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      retryAfter: expect.stringMatching(/^\d{3}$/),
    })
    const file = await fetch(`${postern.url}/organizations/acme/activity.csv`, {
      headers: { authorization: `Bearer ${unknown().password}`, 'x-forwarded-for': network },
    })
    expect(file.status).toBe(429)
    expect(file.headers.get('retry-after')).toMatch(/^\d{3}$/)
    expect(file.headers.get('ratelimit')).toMatch(/^"secrets";r=0;t=\d{3}$/)
  })

  it('unknown tokens cost one lookup each, also when their network is denied', async () => {
    const network = newNetwork()
    await exhaust(network)
    // Earlier failures are written shortly after.
    await expect.poll(() => postern.em().execute('select from failure_count')).toHaveLength(1)
    const statements = await statementsOf(async () => {
      await repeat(20, () => loginOutcome(postern.url, unknown(), network))
    })
    expect(statements.filter((text) => text.includes('failure_count'))).toEqual([])
    expect(statements.filter((text) => text.includes('access_token_secret')).length).toBeGreaterThan(0)
  })

  it('unknown tokens count on all instances, shortly after', async () => {
    const network = newNetwork()
    const second = await postern.startSecondInstance()
    try {
      await exhaust(network)
      await expect
        .poll(() => loginOutcome(second.url, unknown(), network), { timeout: 10_000, interval: 300 })
        .toBe('denied')
      expect(await loginOutcome(second.url, acme(token.secret), network)).toBe('right')
    } finally {
      await second.stop()
    }
  })
})

describe('an expired or inactive token', () => {
  it('an expired or inactive token looks like an unknown one in a network without attempts left', async () => {
    const network = newNetwork()
    const { id, secret } = await generateToken(owner, { label: 'ended' })
    await owner.execute(DeactivateTokenDocument, { id })
    await exhaust(network)
    const denial = await tryLogin(postern.url, unknown(), network)
    expect(denial.status).toBe(429)
    const rejected = [acme(secret), { username: 'whoever', password: token.secret }, acme(`"${token.secret}"`)]
    for (const login of rejected) {
      const { status, body, headers } = await tryLogin(postern.url, login, network)
      expect({ status, body }).toEqual({ status: 429, body: denial.body })
      expect(headers.get('ratelimit-policy')).toBe(denial.headers.get('ratelimit-policy'))
    }
    for (const bearer of [secret, `"${token.secret}"`, unknown().password])
      expect(await query(bearer, network)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' })
    // Valid secrets still work, and other networks are not affected.
    expect(await loginOutcome(postern.url, acme(token.secret), network)).toBe('right')
    expect(await loginOutcome(postern.url, acme(secret), newNetwork())).toBe('failed')
  })

  it('an expired or inactive token has its own budget, and uses up nothing of its network', async () => {
    const network = newNetwork()
    const { id, secret } = await generateToken(owner, { label: 'old' })
    await owner.execute(DeactivateTokenDocument, { id })
    const all = await Promise.all(Array.from({ length: 103 }, () => loginOutcome(postern.url, acme(secret), network)))
    expect(counted(all)).toEqual({ failed: 100, denied: 3 })
    expect(await loginOutcome(postern.url, unknown(), network)).toBe('failed')
    expect(await loginOutcome(postern.url, acme(secret), newNetwork())).toBe('failed')
  })
})

describe('white space around a token', () => {
  const around = (secret: string) => [`${secret}\n`, `${secret}\r\n`, ` ${secret} `, `\n\t${secret}`]

  it('white space around a token is ignored with Basic, in a form, and as a bearer', async () => {
    for (const password of around(token.secret)) {
      expect(await loginOutcome(postern.url, acme(password))).toBe('right')
      const form = { grant_type: 'password', username: 'acme', password }
      expect((await postForToken(postern.url, form)).status).toBe(200)
    }
    // Header fields cannot contain line breaks.
    for (const authorization of [`Bearer  ${token.secret} `, `Bearer\t${token.secret}\t`]) {
      const headers = { authorization, 'content-type': 'application/json' }
      const body = JSON.stringify({ query: '{ viewer { __typename } }' })
      expect((await fetch(`${postern.url}/graphql`, { method: 'POST', headers, body })).status).toBe(200)
    }
  })

  it('white space around a token is part of a password', async () => {
    const [login] = [{ username: 'admin', password: postern.config.admin.password ?? '' }]
    const network = newNetwork()
    expect(await loginOutcome(postern.url, login, network)).toBe('right')
    for (const password of around(login.password))
      expect(await loginOutcome(postern.url, { ...login, password }, network)).toBe('failed')
  })
})

describe('a token in quotation marks', () => {
  it('a token in quotation marks is rejected and listed among the attempts, with this reason', async () => {
    const quoted = [`"${token.secret}"`, `'${token.secret}'`, `"${token.secret}\n"`, `${token.secret}"`]
    for (const password of quoted) expect(await loginOutcome(postern.url, acme(password))).toBe('failed')
    expect(await query(`"${token.secret}"`, newNetwork())).toMatchObject({ status: 401 })
    const { authorization } = { authorization: basic(`acme:"${token.secret}"`) }
    expect((await fetch(`${postern.url}/token`, { headers: { authorization } })).status).toBe(401)

    const ofOrganization = '{ organization(name: "acme") { refusedAttempts { reason message } } }'
    const reasons = async () => JSON.stringify((await owner.send({ query: ofOrganization })).body)
    await expect
      .poll(reasons, { timeout: 5_000 })
      .toContain('"QUOTED_SECRET","message":"The token was in quotation marks')
    const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme' })
    expect(organization?.accessTokens.nodes.some(({ id }) => id === token.id)).toBe(true)
  })
})
