import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importX509,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose'
import { Client as PostgresClient } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { startApp } from '../../src/app.ts'
import { SigningKeyRecord } from '../../src/domain/model/signing-key-record.ts'
import { decrypt, deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { createTestDatabase, dropDatabase, execute, type TestDatabase, urlOfDatabase } from '../harness/database.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, tokenIn } from '../harness/token-endpoint.ts'

const registryService = 'registry.example.org'
const tokenIssuer = 'postern.example.org'
const inParameters = { service: registryService }

let postern: Postern
let token: { readonly id: string; readonly secret: string }
let otherToken: typeof token

beforeAll(async () => {
  postern = await startPostern({ registryService, tokenIssuer })
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/app')
  await createRepository(owner, 'acme/site', 'PUBLIC')
  token = await generateToken(owner)
  otherToken = await generateToken(owner)
})
afterAll(() => postern.stop())

const scopes = ['repository:acme/app:push,pull']
const issue = async (url = postern.url) =>
  tokenIn(await askForToken(url, { login: acme(token.secret), scopes, parameters: inParameters }))
const keySetOf = async (url: string) => (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet

describe('the token', () => {
  it('verifies against the published key set, by issuer and audience', async () => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', postern.url))
    const options = { issuer: tokenIssuer, audience: registryService, algorithms: ['ES256'], typ: 'JWT' }
    await expect(jwtVerify(await issue(), keys, options)).resolves.toBeDefined()
    await expect(jwtVerify(await issue(), keys, { ...options, audience: 'registry' })).rejects.toThrow('aud')
  })

  it("the token has a lifetime of 60 seconds, a string as audience, and the token's id as subject", async () => {
    const before = Math.floor(Date.now() / 1000)
    const { payload } = await jwtVerify(await issue(), createLocalJWKSet(await keySetOf(postern.url)))
    const iat = payload.iat ?? 0
    expect(payload).toEqual({
      iss: tokenIssuer,
      sub: token.id,
      aud: registryService,
      iat,
      nbf: iat - 5,
      // Plus the seconds for which it may be shared.
      exp: iat + 66,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      access: [{ type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }],
    })
    expect(Number.isInteger(iat)).toBe(true)
    // It may have been issued for an earlier request for the same grant.
    expect(iat).toBeGreaterThanOrEqual(before - 5)
    expect(iat).toBeLessThanOrEqual(Date.now() / 1000)
  })

  it('the token has an empty subject for anonymous clients', async () => {
    const anonymous = { scopes: ['repository:acme/site:pull'], parameters: inParameters }
    const signed = tokenIn(await askForToken(postern.url, anonymous))
    const { payload } = await jwtVerify(signed, createLocalJWKSet(await keySetOf(postern.url)))
    expect(payload).toMatchObject({ sub: '', access: [{ name: 'acme/site', actions: ['pull'] }] })
  })

  it('the token is shared by requests for the same grant within five seconds, and lives 60 for each', async () => {
    const start = Date.now() + 60_000
    vi.setSystemTime(start)
    try {
      const ask = async (scope: string, { secret } = token) => {
        const request = { login: acme(secret), scopes: [`repository:acme/app:${scope}`], parameters: inParameters }
        const { body } = await askForToken(postern.url, request)
        return body as { token: string; expires_in: number; issued_at: string }
      }
      const issued = await Promise.all(Array.from({ length: 50 }, () => ask('pull,push')))
      expect(new Set(issued.map((each) => each.token)).size).toBe(1)
      expect(issued[0]?.expires_in).toBe(60)
      const others = [await ask('push'), await ask('pull,push', otherToken)]
      expect(new Set([...issued, ...others].map((each) => each.token)).size).toBe(3)

      vi.setSystemTime(start + 4_999)
      const last = await ask('pull,push')
      expect(last).toMatchObject({
        token: issued[0]?.token,
        expires_in: 60,
        issued_at: new Date(start + 4_999).toISOString(),
      })
      expect(decodeJwt(last.token).exp).toBeGreaterThanOrEqual((start + 4_999) / 1_000 + 60)
      vi.setSystemTime(start + 5_000)
      const next = await ask('pull,push')
      expect(next.token).not.toBe(issued[0]?.token)
      expect(next.expires_in).toBe(60)
    } finally {
      vi.useRealTimers()
    }
  })

  it("the token is valid for as long as the operator's settings say", async () => {
    const patient = await startPostern({ grantSeconds: 3_600 })
    try {
      const owner = await patient.signInAsAdministrator()
      await createOrganization(owner, 'acme')
      await createRepository(owner, 'acme/app')
      const { secret } = await generateToken(owner, { pullLimit: 1 })
      const scopes = ['repository:acme/app:pull']
      const answer = await askForToken(patient.url, { login: acme(secret), scopes })
      expect(answer.body).toMatchObject({ expires_in: 3_600 })
      const { exp = 0, iat = 0 } = decodeJwt(tokenIn(answer))
      expect(exp - iat).toBe(3_606)
      const [row] = await patient
        .em()
        .execute('select extract(epoch from expires_at - made_at)::int as life from pull_reservation')
      expect(row?.life).toBeGreaterThanOrEqual(3_600)
      expect(row?.life).toBeLessThanOrEqual(4_500)
    } finally {
      await patient.stop()
    }
  })

  it('contains nothing of the secret', async () => {
    const [header = '', payload = ''] = (await issue())
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
    for (const part of [header, payload]) expect(part).not.toContain(token.secret.slice(-6))
  })
})

describe('the certificate', () => {
  it("the certificate is the one in the token's x5c, self-signed and valid, and verifies the token", async () => {
    const response = await fetch(`${postern.url}/registry/root.crt`)
    const bundle = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^application\/x-pem-file/)
    expect(bundle.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(1)
    const certificate = new X509Certificate(bundle)
    const signed = await issue()
    const { alg, typ, kid, x5c } = decodeProtectedHeader(signed)
    expect({ alg, typ, x5c }).toEqual({ alg: 'ES256', typ: 'JWT', x5c: [certificate.raw.toString('base64')] })
    expect(kid).toBe(libtrustId(certificate))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now())
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now() + 365 * 24 * 3_600_000)
    await jwtVerify(signed, await importX509(bundle, 'ES256'))
  })

  it("the certificate and the key set contain no private key, and the key set has the key's id", async () => {
    const { keys } = await keySetOf(postern.url)
    const { kid } = decodeProtectedHeader(await issue())
    const coordinate = expect.stringMatching(/^[\w-]{43}$/)
    expect(keys).toEqual([{ kty: 'EC', crv: 'P-256', x: coordinate, y: coordinate, kid, alg: 'ES256', use: 'sig' }])
    expect(await (await fetch(`${postern.url}/registry/root.crt`)).text()).not.toContain('PRIVATE KEY')
  })
})

/** The id as libtrust defines it, computed from the certificate that the registry gets. */
function libtrustId({ publicKey }: X509Certificate): string {
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
  const bits = BigInt(`0x${digest.subarray(0, 30).toString('hex')}`)
  const letters = Array.from(
    { length: 48 },
    (_, index) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number((bits >> BigInt(5 * (47 - index))) & 31n)],
  )
  return letters.join('').replace(/.{4}(?=.)/g, '$&:')
}

describe('the signing key', () => {
  it('the signing key is in the database once, for all instances, and survives them', async () => {
    const before = await keySetOf(postern.url)
    const second = await postern.startSecondInstance()
    try {
      expect(await keySetOf(second.url)).toEqual(before)
      await jwtVerify(await issue(second.url), createLocalJWKSet(before))
    } finally {
      await second.stop()
    }
    const issuedBefore = await issue()
    await postern.restart()
    expect(await keySetOf(postern.url)).toEqual(before)
    await jwtVerify(issuedBefore, createLocalJWKSet(await keySetOf(postern.url)))
    expect(await postern.em().count(SigningKeyRecord, {})).toBe(1)
  })

  it('the signing key is encrypted in the database, and decrypts with SECRET_KEY only', async () => {
    const [record] = await postern.em().find(SigningKeyRecord, {})
    if (record === undefined) throw new Error('There is no signing key.')
    const sealed = Buffer.from(record.encryptedPrivateKey)
    const der = decrypt(sealed, deriveKeys(postern.config.secretKey).encryptionKey)
    const { d = '' } = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
    expect(record.kid).toBe(decodeProtectedHeader(await issue()).kid)
    const scalar = Buffer.from(d, 'base64url')
    expect(scalar).toHaveLength(32)

    const tables = await postern
      .em()
      .execute("select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'")
    expect(tables.length).toBeGreaterThan(10)
    const needles = [scalar.toString('hex'), scalar.toString('base64'), d, der.toString('hex'), 'PRIVATE KEY']
    for (const { name } of tables) {
      const [row] = await postern.em().execute(`select string_agg(t::text, ' ') as content from ${name} t`)
      for (const needle of needles) expect(String(row?.content), name).not.toContain(needle)
    }
    expect(() => decrypt(sealed, deriveKeys(Buffer.alloc(32, 8)).encryptionKey)).toThrow()
  })

  it.each([
    ['on an empty database', createEmptyDatabase, async () => async () => undefined],
    ['at the same moment', createTestDatabase, holdDeployment],
  ])(
    'the signing key is created once, like the administrator, if four instances start %s',
    async (_, createDatabase, hold) => {
      const database = await createDatabase()
      const config = { ...postern.config, databaseUrl: database.url }
      const release = await hold(database, 4)
      const starting = Promise.allSettled(Array.from({ length: 4 }, () => startApp(config)))
      const [starts] = await Promise.all([starting, release()])
      const apps = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
      try {
        expect(starts.filter(({ status }) => status === 'rejected')).toEqual([])
        const [one, ...others] = await Promise.all(apps.map(({ url }) => keySetOf(url)))
        expect(one?.keys).toHaveLength(1)
        for (const other of others) expect(other).toEqual(one)
        const [counts] = await execute(
          database.url,
          `select (select count(*)::int from signing_key) as keys, (select count(*)::int from deployment) as deployments,
          (select count(*)::int from user_account where is_administrator) as administrators`,
        )
        expect(counts).toEqual({ keys: 1, deployments: 1, administrators: 1 })
        expect(apps.filter(({ administrator }) => administrator !== null)).toHaveLength(1)
      } finally {
        await Promise.all(apps.map(({ stop }) => stop()))
        await database.drop()
      }
    },
  )

  it('the signing key cannot be decrypted by a server with another SECRET_KEY, which does not start', async () => {
    const config = { ...postern.config, secretKey: Buffer.alloc(32, 8) }
    await expect(startApp(config)).rejects.toThrow('another SECRET_KEY')
    expect(await postern.em().count(SigningKeyRecord, {})).toBe(1)
    await expect(issue()).resolves.toBeDefined()
  })
})

/** A database without tables. */
async function createEmptyDatabase(): Promise<TestDatabase> {
  const clusterUrl = inject('clusterUrl')
  const name = `${inject('databasePrefix')}empty`
  await execute(clusterUrl, `create database ${name}`)
  return { url: urlOfDatabase(clusterUrl, name), drop: () => dropDatabase(clusterUrl, name) }
}

/**
 * Blocks instances from reading the deployment. The returned function waits until so many do, and releases them at
 * once.
 */
async function holdDeployment(database: TestDatabase, instances: number): Promise<() => Promise<void>> {
  const holder = new PostgresClient({ connectionString: database.url })
  await holder.connect()
  await holder.query('begin')
  await holder.query('lock table deployment in access exclusive mode')
  const waiting = "select from pg_locks where relation = 'deployment'::regclass and not granted"
  return () =>
    vi
      .waitFor(async () => expect((await holder.query(waiting)).rowCount).toBe(instances), { timeout: 20_000 })
      .finally(() => holder.end())
}
