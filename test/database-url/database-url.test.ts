import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { parseDatabaseUrl } from '../../src/database-url/parse-database-url.ts'
import { createAuthority, writeFiles } from '../harness/certificates.ts'

let directory: string
let files: Record<'certificate' | 'key' | 'lockedKey' | 'otherKey' | 'empty' | 'broken', string>
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-database-url-'))
  const authority = await createAuthority('An authority')
  const { certificate, key } = await authority.issue('postern', [])
  const [locked, other] = [await authority.issue('postern', [], 'hunter2'), await authority.issue('postern', [])]
  const broken = `${certificate}${certificate.replace(/\n(....)/, '\n')}`
  files = await writeFiles(directory, {
    certificate,
    key,
    lockedKey: locked.key,
    otherKey: other.key,
    empty: '',
    broken,
  })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** The errors of a start with this URL. */
function faultsOf(url: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    const secrets = { SECRET_KEY: 'k'.repeat(32), REGISTRY_EVENTS_SECRET: 'e'.repeat(16) }
    loadConfig({ ...secrets, DATA_DIR: directory, DATABASE_URL: url, ...env })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

/** The address that a start connects to, with this environment. */
function addressOf(env: NodeJS.ProcessEnv) {
  const secrets = { SECRET_KEY: 'k'.repeat(32), REGISTRY_EVENTS_SECRET: 'e'.repeat(16) }
  return parseDatabaseUrl(loadConfig({ ...secrets, DATA_DIR: directory, ...env }).databaseUrl ?? '')
}

describe('a DATABASE_URL', () => {
  it.each<[string, object]>([
    ['postgres://u:p@h:1/d', { user: 'u', password: 'p', host: 'h', port: 1, database: 'd', tls: null, options: '' }],
    ['postgresql://u@h', { user: 'u', password: '', host: 'h', port: 5432, database: 'u' }],
    ['postgres:///d', { user: '', host: 'localhost', database: 'd' }],
    ['postgres://[::1]:1/d', { host: '::1', port: 1 }],
    ['postgres://u@[fe80::1%25eth0]/d', { host: 'fe80::1%eth0', port: 5432 }],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql' }],
    ['postgres://u:p@/d?host=/tmp&port=2', { host: '/tmp', port: 2, user: 'u', password: 'p' }],
    ['postgres://h/d?user=a%40b&password=c%26d&dbname=e%2Ff', { user: 'a@b', password: 'c&d', database: 'e/f' }],
    ['postgres://u:%2B+%25@h/a%2Fb?application_name=c+d', { password: '++%', database: 'a/b', applicationName: 'c+d' }],
    // Unescaped characters are accepted if the meaning is unambiguous.
    ['postgres://u:p@s:s@h/d', { user: 'u', password: 'p@s:s', host: 'h' }],
    ['postgres://u:p?s#s@h/d', { user: 'u', password: 'p?s#s', host: 'h' }],
    ['postgres://h/d?options=-c a=b -c c=d', { options: '-c a=b -c c=d' }],
    ['postgres://h/d?host=a&host=b', { host: 'b' }],
    ['postgres://h/d?connect_timeout=3&keepalives_idle=60', { connectTimeoutSeconds: 3, keepAliveIdleSeconds: 60 }],
    ['postgres://h/d?keepalives=1', { keepAliveIdleSeconds: 0 }],
    ['postgres://h/d?keepalives=0&keepalives_idle=60', { keepAliveIdleSeconds: undefined }],
    ['postgres://h/d?fallback_application_name=a', { applicationName: 'a' }],
    ['postgres://h/d?application_name=b&fallback_application_name=a', { applicationName: 'b' }],
    ['postgres://h/d?sslmode=disable&sslrootcert=/none', { tls: null }],
    ['postgres://h/d?sslmode=require&channel_binding=require', { channelBinding: 'require' }],
    ['postgres://h/d?ssl=true', { tls: { verified: 'nothing' } }],
    ['postgres://h/d?sslmode=verify-full&sslrootcert=system&ssl=true', { tls: { verified: 'issuer and name' } }],
    ['postgres://h/d?sslmode=disable&sslmode=disable', { tls: null }],
    ['postgres://h/d?sslrootcert=system', { tls: { verified: 'issuer and name' } }],
    [
      'postgres://h/d?client_encoding=utf8&gssencmode=prefer&target_session_attrs=any&uselibpqcompat=true',
      { tls: null },
    ],
  ])('a DATABASE_URL is parsed like libpq parses it: %s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected)
    expect(faultsOf(url)).toEqual([])
  })

  it.each<[string, RegExp]>([
    ['postgres://u:hunter2@a:1,b:2/d', /^names several hosts; /],
    ['postgres://h/d?host=a,b', /^names several hosts; /],
    ['postgres://u:hunter2@::1/d', /^has a host or port .* brackets/],
    ['postgres://u:hun/ter2@h/d', /^has a host or port .*%2F/],
    ['postgres://u:hunter%2@h/d', /^has a % in its password /],
    ['postgres://u:hunter2%00@h/d', /^has a % in its password /],
    ['postgres://u:hunter2@h/d#x', /^has a # /],
    ['postgres://h/d?password=hunter&2=', /^has something after \? /],
    ['postgres://h/d?password=hun&ter=2', /^has something after \? /],
    ['postgres://u:1/d?hun=ter2@h/d', /^has something after \? /],
    ['postgres://h', /^names no database; /],
    ['postgres://h/d?port=65536', /^gives port a value /],
    ['postgres://h/d?schema=x', /^has a parameter schema, .* sslmode, /],
    ['postgres://h/d?target_session_attrs=read-write', /^gives target_session_attrs a value .* any, /],
    ['postgres://h/d?connect_timeout=0', /^gives connect_timeout a value .* seconds, /],
    ['postgres://h/d?options=-c%20TimeZone%3DEurope/Paris', /^gives options a value .* without timezone/],
    ['postgres://h/d?options=--timezone%3DPRC', /^gives options a value .* without timezone/],
    ['postgres://h/d?sslmode=prefer', /^has sslmode=prefer, which may go on without TLS; write disable, require, /],
    ['postgres://h/d?sslmode=allow', /^has sslmode=allow, which may go on without TLS; /],
    ['postgres://h/d?sslmode=', /^gives sslmode a value /],
    ['postgres://h/d?sslmode=REQUIRE', /^gives sslmode a value .* disable, require, verify-ca or verify-full$/],
    ['postgres://h/d?ssl=1', /^has an ssl that is not true; write sslmode=require/],
    ['postgres://h/d?ssl=true&sslmode=disable', /^has ssl=true and sslmode=disable; write one of them$/],
    ['postgres://h/d?sslmode=disable&ssl=true', /^has ssl=true and sslmode=disable; write one of them$/],
    ['postgres://h/d?sslmode=require&sslmode=disable', /^gives sslmode two values; write one$/],
    ['postgres://h/d?sslrootcert=system&sslrootcert=/b', /^gives sslrootcert two values; write one$/],
    ['postgres://h/d?channel_binding=disable&channel_binding=require', /^gives channel_binding two values; write one$/],
    ['postgres://h/d?sslmode=verify-ca', /^has sslmode=verify-ca and nobody to trust; write sslrootcert/],
    ['postgres://h/d?sslmode=verify-full', /sslrootcert=system/],
    ['postgres://h/d?sslmode=verify-ca&sslrootcert=system', /^has sslrootcert=system with sslmode=verify-ca; /],
    ['postgres://h/d?sslrootcert=/none', /^has sslrootcert without TLS; write sslmode=require/],
    ['postgres://h/d?sslnegotiation=direct', /^has sslnegotiation=direct without TLS; /],
    ['postgres://h/d?sslmode=disable&channel_binding=require', /^has channel_binding=require without TLS; /],
    ['postgres://%2Ftmp/d?sslmode=require', /^has sslmode=require for a Unix socket, /],
    ['postgres://h/d?sslmode=require&ssl_min_protocol_version=TLSv1', /^gives ssl_min_protocol_version a value /],
    ['postgres://h/d?sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2', /below/],
    ['postgres://h/d?sslmode=require&sslcert=/none', /^has one of sslcert and sslkey; write both/],
  ])('a DATABASE_URL is invalid, with a message that says what to write and shows no password: %s', (url, why) => {
    const faults = faultsOf(url)
    expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL [^\n;]+; write [^\n]+$/)])
    expect(faults[0]?.replace('DATABASE_URL ', '')).toMatch(why)
    expect(faults[0]).not.toMatch(/hun|ter2|hunter/)
  })

  it.each<[string, () => string, string]>([
    [
      'a missing authority file',
      () => `sslrootcert=${directory}/none`,
      'none" by sslrootcert, which cannot be read (ENOENT)',
    ],
    [
      'an authority file that is a directory',
      () => `sslrootcert=${directory}`,
      'by sslrootcert, which cannot be read (EISDIR)',
    ],
    [
      'an empty authority file',
      () => `sslrootcert=${files.empty}`,
      'empty.pem" by sslrootcert, which is not all certificates',
    ],
    [
      'one broken certificate of two',
      () => `sslrootcert=${files.broken}`,
      'broken.pem" by sslrootcert, which is not all',
    ],
    [
      'a key instead of a certificate',
      () => `sslcert=${files.key}&sslkey=${files.key}`,
      'key.pem" by sslcert, which is not all',
    ],
    [
      'a certificate instead of a key',
      () => `sslcert=${files.certificate}&sslkey=${files.certificate}`,
      'which holds no private key',
    ],
    [
      'a key of another certificate',
      () => `sslcert=${files.certificate}&sslkey=${files.otherKey}`,
      'does not fit sslcert',
    ],
    [
      'an encrypted key with the wrong password',
      () => `sslcert=${files.certificate}&sslkey=${files.lockedKey}`,
      'which sslpassword does not open',
    ],
    [
      'a key in another encryption',
      () => `sslcert=${files.certificate}&sslkey=${files.lockedKey}&sslpassword=hunter`,
      'sslpassword does not open',
    ],
  ])('a DATABASE_URL is invalid with %s', (_what, query, why) => {
    const faults = faultsOf(`postgres://h/d?sslmode=require&${query()}`)
    expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL [^\n;]+; write [^\n]+$/)])
    expect(faults[0]).toContain(why)
    expect(faults[0]).not.toContain('hunter')
  })
})

describe('the variables of libpq', () => {
  const variables = {
    PGSSLMODE: 'require',
    PGUSER: 'v',
    PGPASSWORD: 'p&w',
    PGHOST: 'x',
    PGAPPNAME: 'a',
    PGOPTIONS: '-c b=c',
  }

  it('complete the URL', () => {
    for (const DATABASE_URL of [
      'postgres:///d',
      'postgres:///d?',
      'postgres:///d?connect_timeout=2',
      'postgres:///?dbname=d',
    ])
      expect(addressOf({ ...variables, DATABASE_URL })).toMatchObject({
        ...{ host: 'x', user: 'v', password: 'p&w', database: 'd', applicationName: 'a', options: '-c b=c' },
        tls: { verified: 'nothing' },
      })
  })

  it('the variables of libpq do not override the URL', () => {
    const DATABASE_URL = 'postgres://u:p?@h/d?password=q@&sslmode=disable&application_name=b&options=-c%20c%3Dd'
    const said = { host: 'h', user: 'u', password: 'q@', tls: null, applicationName: 'b', options: '-c c=d' }
    expect(addressOf({ ...variables, DATABASE_URL })).toMatchObject(said)
  })

  it('the variables of libpq are named in the error if invalid, and do not affect the embedded database', () => {
    expect(faultsOf('postgres://u@h/d', { PGSSLMODE: 'prefer', PGPASSWORD: 'hunter2' })).toEqual([
      expect.stringMatching(
        /^DATABASE_URL has sslmode=prefer, .* \(what it leaves out is from PGPASSWORD, PGSSLMODE\)$/,
      ),
    ])
    expect(
      loadConfig({ SECRET_KEY: 'k'.repeat(32), REGISTRY_EVENTS_SECRET: 'e'.repeat(16), ...variables }).databaseUrl,
    ).toBe(null)
  })

  it.each([
    ...['PGHOSTADDR', 'PGSERVICE', 'PGSERVICEFILE', 'PGREQUIREAUTH', 'PGREQUIREPEER', 'PGSSLCRL', 'PGSSLCRLDIR'],
    ...['PGSSLCERTMODE', 'PGSSLSNI', 'PGLOADBALANCEHOSTS', 'PGMINPROTOCOLVERSION'],
  ])('the variables of libpq are invalid if Postern would ignore them, with what to do: %s', (variable) => {
    expect(faultsOf('postgres://u@h/d', { [variable]: 'hunter2' })).toEqual([
      expect.stringMatching(new RegExp(`^${variable} is set, which Postern does not support; unset it, and [^\\n]+$`)),
    ])
    expect(faultsOf('postgres://u@h/d', { [variable]: '' })).toEqual([])
    const { databaseUrl } = loadConfig({
      ...{ SECRET_KEY: 'k'.repeat(32), REGISTRY_EVENTS_SECRET: 'e'.repeat(16) },
      [variable]: 'hunter2',
    })
    expect(databaseUrl).toBe(null)
  })

  it('are invalid if they request what Postern does not do, and valid if they request what it does', () => {
    expect(faultsOf('postgres://u@h/d', { PGGSSENCMODE: 'require' })).toEqual([
      expect.stringMatching(/^DATABASE_URL gives gssencmode a value .* \(what it leaves out is from PGGSSENCMODE\)$/),
    ])
    expect(faultsOf('postgres://u@h/d', { PGTARGETSESSIONATTRS: 'read-write' })).toEqual([
      expect.stringMatching(/^DATABASE_URL gives target_session_attrs a value .* from PGTARGETSESSIONATTRS\)$/),
    ])
    const same = { PGGSSENCMODE: 'disable', PGTARGETSESSIONATTRS: 'any', PGSSLCERTMODE: 'allow', PGSSLSNI: '1' }
    const more = { PGLOADBALANCEHOSTS: 'disable', PGMINPROTOCOLVERSION: '3.0', PGTZ: 'UTC', PGCLIENTENCODING: 'LATIN1' }
    expect(faultsOf('postgres://u@h/d', { ...same, ...more })).toEqual([])
  })

  it('request TLS by PGREQUIRESSL unless a newer variable says otherwise', () => {
    const DATABASE_URL = 'postgres://u@h/d'
    expect(addressOf({ DATABASE_URL, PGREQUIRESSL: '1' }).tls).toMatchObject({ verified: 'nothing' })
    expect(addressOf({ DATABASE_URL, PGREQUIRESSL: '0' }).tls).toBe(null)
    expect(addressOf({ DATABASE_URL, PGREQUIRESSL: '1', PGSSLMODE: 'disable' }).tls).toBe(null)
    expect(addressOf({ DATABASE_URL: `${DATABASE_URL}?sslmode=disable`, PGREQUIRESSL: '1' }).tls).toBe(null)
    expect(addressOf({ DATABASE_URL: `${DATABASE_URL}?ssl=true`, PGREQUIRESSL: '0' }).tls).not.toBe(null)
  })
})
