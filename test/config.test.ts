import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig, localUrl } from '../src/config.ts'

const secretKey = 'k'.repeat(32)
const eventsSecret = 'e'.repeat(16)
/** The files that Postern would create under ./data. */
const secrets = { SECRET_KEY: secretKey, REGISTRY_EVENTS_SECRET: eventsSecret }
let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postern-config-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** The errors of an environment that has everything else. */
function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig({ ...secrets, DATA_DIR: dir, ...env })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('settings', () => {
  it('settings have a default for everything', () => {
    const { secretKey: key, ...config } = loadConfig(secrets)
    expect(key.toString()).toBe(secretKey)
    expect(config).toEqual({
      port: 4000,
      host: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:4000',
      databaseUrl: null,
      dataDir: resolve('data'),
      registryService: 'registry',
      registryEventsSecret: eventsSecret,
      tokenIssuer: 'postern',
      tokenBrand: 'pstn',
      allowSignUp: false,
      defaultPlan: 'FREE',
      plans: {
        FREE: { tokens: 0, pulls: 200, activityDays: 30 },
        TEAM: { tokens: 10, pulls: null, activityDays: 90 },
        BUSINESS: { tokens: 100, pulls: null, activityDays: 365 },
      },
      hourlyRates: { personalTokens: 20, organizationTokens: 100, deviceRequests: 100 },
      anonymousPulls: 100,
      grantSeconds: 60,
      trustProxy: [],
      maxConnections: 4096,
      logLevel: 'info',
      webhookNetworks: 'any',
      mail: null,
      admin: { username: 'admin', password: null },
    })
  })

  it('settings count as unset if they are empty', () => {
    const names = [
      'PORT',
      'HOST',
      'PUBLIC_URL',
      'DATABASE_URL',
      'DATABASE_URL_FILE',
      'PLANS',
      'HOURLY_RATES',
      'TRUST_PROXY',
      'LOG_LEVEL',
    ]
    const empty = Object.fromEntries(
      [...names, 'ADMIN_PASSWORD', 'SECRET_KEY_FILE', 'ALLOW_SIGN_UP'].map((n) => [n, '']),
    )
    expect(loadConfig({ ...secrets, ...empty })).toEqual(loadConfig(secrets))
  })

  it('accept every given value', () => {
    const env = { PORT: '5000', HOST: '::1', PUBLIC_URL: 'HTTPS://Tokens.example.org/postern//', ALLOW_SIGN_UP: 'true' }
    const more = {
      DATABASE_URL: 'postgresql://u:p@db:5432/postern',
      REGISTRY_SERVICE: 'r.example.org',
      TOKEN_ISSUER: 'i',
    }
    const rest = { DATA_DIR: dir, TOKEN_BRAND: 'ab', DEFAULT_PLAN: 'TEAM', LOG_LEVEL: 'silent', ADMIN_USERNAME: 'root' }
    expect(loadConfig({ ...secrets, ADMIN_PASSWORD: 'long enough', ...env, ...more, ...rest })).toMatchObject({
      ...{ port: 5000, host: '::1', publicUrl: 'https://tokens.example.org/postern', allowSignUp: true },
      ...{ databaseUrl: 'postgresql://u:p@db:5432/postern', registryService: 'r.example.org', tokenIssuer: 'i' },
      ...{ dataDir: dir, tokenBrand: 'ab', defaultPlan: 'TEAM', logLevel: 'silent' },
      admin: { username: 'root', password: 'long enough' },
    })
  })

  it.each(['60', '3600'])('takes a life of grants of %s seconds', (GRANT_SECONDS) => {
    expect(loadConfig({ ...secrets, GRANT_SECONDS }).grantSeconds).toBe(Number(GRANT_SECONDS))
  })

  it.each(['59', '3601', '0', '-60', '60.5', '1h', '060 '])('takes no life of grants of %j', (GRANT_SECONDS) => {
    expect(() => loadConfig({ ...secrets, GRANT_SECONDS })).toThrow(/GRANT_SECONDS is not a life of grants/)
  })

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:4000'],
    ['0.0.0.0', 'http://127.0.0.1:4000'],
    ['::', 'http://127.0.0.1:4000'],
    ['::1', 'http://[::1]:4000'],
    ['localhost', 'http://localhost:4000'],
  ])('HOST=%s puts the server at %s', (HOST, url) => {
    expect(loadConfig({ ...secrets, HOST }).publicUrl).toBe(url)
    expect(loadConfig({ ...secrets, HOST, PORT: '0' }).publicUrl).toBeNull()
    expect(localUrl(HOST, 4000)).toBe(url)
  })

  it('merge PLANS into the default table', () => {
    const PLANS = '{"FREE":{"tokens":2},"TEAM":{"pulls":5000,"activityDays":null}}'
    expect(loadConfig({ ...secrets, PLANS }).plans).toEqual({
      FREE: { tokens: 2, pulls: 200, activityDays: 30 },
      TEAM: { tokens: 10, pulls: 5000, activityDays: null },
      BUSINESS: { tokens: 100, pulls: null, activityDays: 365 },
    })
    expect(loadConfig({ ...secrets, PLANS: '{"FREE":{"pulls":null}}' }).plans.FREE.pulls).toBeNull()
    expect(loadConfig(secrets).plans.FREE).toEqual({ tokens: 0, pulls: 200, activityDays: 30 })
  })

  it('merge HOURLY_RATES into the defaults', () => {
    const { hourlyRates } = loadConfig({ ...secrets, HOURLY_RATES: '{"personalTokens":5}' })
    expect(hourlyRates).toEqual({ personalTokens: 5, organizationTokens: 100, deviceRequests: 100 })
  })

  it.each(['20', '[]', 'null', '{', '{"personalTokens":0}', '{"organizationTokens":1.5}', '{"signIns":5}'])(
    'take no hourly rates of %s',
    (HOURLY_RATES) => expect(() => loadConfig({ ...secrets, HOURLY_RATES })).toThrow(/HOURLY_RATES.* (is|write) /),
  )

  it('trust the proxies of the list, and nobody else, in the server', async () => {
    const TRUST_PROXY = '10.0.0.0/8, 192.0.2.7,fd00::/8, ::1, ::ffff:198.51.100.1'
    const app = fastify({ trustProxy: loadConfig({ ...secrets, TRUST_PROXY }).trustProxy })
    app.get('/', async (request) => request.ip)
    const seenFrom = async (remoteAddress: string) =>
      (await app.inject({ url: '/', remoteAddress, headers: { 'x-forwarded-for': '203.0.113.9' } })).body
    for (const proxy of ['10.1.2.3', '192.0.2.7', 'fd00::5', '::1', '198.51.100.1'])
      expect(await seenFrom(proxy)).toBe('203.0.113.9')
    for (const other of ['192.0.2.8', '11.0.0.1', 'fe80::1']) expect(await seenFrom(other)).toBe(other)
  })
})

describe('invalid settings', () => {
  it.each([
    ['PORT', ['http', '-1', '65536', '4e3', '80 ']],
    ['ADMIN_PASSWORD', ['hushhus', 'x'.repeat(257), 'Password1', 'pstn_pat_of_my_own']],
    ['HOST', ['127.0.0.1:4000', '[::1]', 'http://a', 'a b', '999.1.1.1', 'fe80::1%eth0', 'me@host']],
    [
      'PUBLIC_URL',
      ['tokens.example.org', 'ftp://a', 'https://', 'https://u:p@a', 'https://a/?b', 'https://a#b', '//a'],
    ],
    ['DATABASE_URL', ['mysql://a/b', 'localhost:5432', 'postgres://', 'postgres://u:p@h:port/db']],
    ['REGISTRY_SERVICE', ['a"b', 'a\\b', ' a', 'é', 'a\nb']],
    ['TOKEN_ISSUER', ['a"b', 'a ']],
    ['TOKEN_BRAND', ['dckr', 'p', 'Pstn', '1pstn', 'ps_tn', 'p'.repeat(11)]],
    ['SECRET_KEY', ['k'.repeat(31)]],
    ['REGISTRY_EVENTS_SECRET', ['e'.repeat(15), 'a secret with spaces', 'é'.repeat(16)]],
    ['ALLOW_SIGN_UP', ['yes', '1', 'TRUE']],
    ['DEFAULT_PLAN', ['free', 'PRO']],
    ['PLANS', ['{', 'null', '[]', '{"PRO":{"tokens":1}}']],
    ['PLANS.TEAM', ['{"TEAM":5}', '{"TEAM":{"token":1}}', '{"TEAM":null}']],
    ['PLANS.TEAM.tokens', ['{"TEAM":{"tokens":-1}}', '{"TEAM":{"tokens":1.5}}', '{"TEAM":{"tokens":null}}']],
    ['PLANS.TEAM.activityDays', ['{"TEAM":{"activityDays":0}}', '{"TEAM":{"activityDays":1.5}}']],
    ['PLANS.FREE.pulls', ['{"FREE":{"pulls":"9"}}', '{"FREE":{"pulls":-9}}', '{"FREE":{"pulls":1e400}}']],
    ['TRUST_PROXY', ['true', '10', 'proxy.example.org', '10.0.0.0/33', '0.0.0.0/0', '::/0', '::1,', 'fe80::1%eth0']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    ['WEBHOOK_NETWORKS', ['private', 'PUBLIC']],
    ['SMTP_URL', ['mail.example.com', 'http://a', 'smtp://', 'smtp://a?tls=x', 'smtp://a b']],
    ['MAIL_FROM', ['postern', 'Postern <a@example.com>', 'a@example.com, b@example.com']],
    ['ADMIN_USERNAME', ['Admin', 'a/b', 'a:b']],
  ])('report a wrong %s in one line that says what to write', (place, values) => {
    for (const value of values) {
      const faults = faultsOf({ [place.split('.')[0] ?? '']: value })
      expect(faults, value).toEqual([expect.stringMatching(/^[^\n;]+; write [^\n]+$/)])
      expect(faults[0]?.split(' ')[0]).toBe(place)
    }
  })

  it('derive the secret of registries from SECRET_KEY, independent of DATA_DIR', () => {
    const derived = (DATA_DIR: string, SECRET_KEY = secretKey) =>
      loadConfig({ SECRET_KEY, DATA_DIR }).registryEventsSecret
    expect(derived(join(dir, 'a'))).toMatch(/^[\w-]{43}$/)
    expect(derived(join(dir, 'a'))).toBe(derived(join(dir, 'b')))
    expect(derived(join(dir, 'a'))).not.toBe(derived(join(dir, 'a'), 'l'.repeat(32)))
    expect(readdirSync(dir)).toEqual([])
  })

  it('use the secret of registries that an earlier version stored, unless another one is set', () => {
    writeFileSync(join(dir, 'registry-events-secret'), 'of an earlier version\n')
    const environment = { SECRET_KEY: secretKey, DATA_DIR: dir }
    expect(loadConfig(environment).registryEventsSecret).toBe('of an earlier version')
    expect(loadConfig({ ...environment, ...secrets }).registryEventsSecret).toBe(eventsSecret)
  })

  it('require a mail server and a sender together', () => {
    const [SMTP_URL, MAIL_FROM] = ['smtps://u:p%40@mail.example.com:465', 'postern@example.com']
    const { mail } = loadConfig({ SECRET_KEY: secretKey, SMTP_URL, MAIL_FROM })
    expect(mail).toEqual({ smtpUrl: SMTP_URL, from: MAIL_FROM })
    expect(faultsOf({ SMTP_URL })).toEqual([expect.stringMatching(/^MAIL_FROM .*; write /)])
    expect(faultsOf({ MAIL_FROM })).toEqual([expect.stringMatching(/^SMTP_URL .*; write /)])
  })

  it('accept 32 bytes of any characters as a key', () => {
    expect(faultsOf({ SECRET_KEY: 'é'.repeat(16) })).toEqual([])
    expect(faultsOf({ SECRET_KEY: 'é'.repeat(15) })).toHaveLength(1)
  })

  it('report all errors together, without secrets, and create nothing', () => {
    const secrets = { SECRET_KEY: 'short', ADMIN_PASSWORD: 'hush', DATABASE_URL: 'mysql://u:hush@db/x' }
    const files = { ADMIN_PASSWORD_FILE: join(dir, 'hush') }
    const run = () => loadConfig({ ...secrets, ...files, PORT: 'x', PLANS: '{', DATA_DIR: dir })
    expect(run).toThrow(/\nADMIN_PASSWORD and ADMIN_PASSWORD_FILE .*\nPORT .*\nDATABASE_URL .*\nSECRET_KEY .*\nPLANS /)
    try {
      run()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/hush|"short|'short/)
    }
    expect(readdirSync(dir)).toEqual([])
  })

  it('create no key while another setting is invalid', () => {
    expect(() => loadConfig({ DATA_DIR: join(dir, 'data'), PORT: 'x' })).toThrow(ConfigError)
    expect(readdirSync(dir)).toEqual([])
  })
})
