import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgreSqlConnection } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { explainDatabaseFailure } from '../../src/database/explain-failure.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createAuthority, writeFiles } from '../harness/certificates.ts'
import { patience } from '../harness/patience.ts'
import { startPostern } from '../harness/postern.ts'
import { startTap, type Tap } from '../harness/tap.ts'
import { startTlsCluster, type TlsCluster } from '../harness/tls-cluster.ts'

let cluster: TlsCluster
let directory: string
let files: Awaited<ReturnType<typeof createFiles>>
let tap: Tap

async function createFiles() {
  const stranger = await createAuthority('Somebody else')
  const client = await cluster.authority.issue('postern', [])
  const encrypted = await cluster.authority.issue('postern', [], 'a secret & more')
  const ofStranger = await stranger.issue('postern', [])
  return writeFiles(directory, {
    authority: cluster.authority.certificate,
    stranger: stranger.certificate,
    both: stranger.certificate + cluster.authority.certificate,
    ...{ certificate: client.certificate, key: client.key },
    ...{ certificateOfEncrypted: encrypted.certificate, encryptedKey: encrypted.key },
    ...{ certificateOfStranger: ofStranger.certificate, keyOfStranger: ofStranger.key },
  })
}

beforeAll(async () => {
  cluster = await startTlsCluster()
  directory = await mkdtemp(join(tmpdir(), 'postern-certificates-'))
  files = await createFiles()
  tap = await startTap(cluster.port)
}, 60_000)
afterAll(async () => {
  await tap.stop()
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

// Some machines have no IPv6.
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
const ownAddress = hasIpv6 ? '[::1]' : '127.0.0.1'

const session = `select ssl, version, client_dn, application_name, current_setting('timezone') timezone,
  current_setting('statement_timeout') statement_timeout, current_setting('lock_timeout') lock_timeout
  from pg_stat_ssl join pg_stat_activity using (pid) where pid = pg_backend_pid()`

/** What PostgreSQL reports about a connection of the pool, and one of pipelined lookups. */
async function sessionsOf(url: string): Promise<Array<Record<string, unknown> | undefined>> {
  const database = await openDatabase(url)
  try {
    const [ofPool] = await database.em.fork().execute(session)
    const pool = await (database.em.getConnection() as PostgreSqlConnection).getNativeClient()
    return [ofPool, (await pool.query({ text: session })).rows[0]]
  } finally {
    await database.close()
  }
}

/** The error for an unusable database, which the pool and the migrator must share. */
async function connectionError(url: string): Promise<string> {
  const message = async (attempt: Promise<unknown>) =>
    explainDatabaseFailure(
      await attempt.then(
        () => new Error('It was used.'),
        (error: unknown) => error,
      ),
    ) ?? ''
  const ofPool = await message(sessionsOf(url))
  expect(await message(migrateDatabase(url))).toBe(ofPool)
  expect(ofPool).not.toContain(cluster.password)
  return ofPool
}

const withTls = expect.objectContaining({ ssl: true })

describe('a server with TLS', () => {
  it.each<[string, string, () => Record<string, string>]>([
    [
      'sslmode=require, whatever the issuer and the name of its certificate',
      '127.0.0.1',
      () => ({ sslmode: 'require' }),
    ],
    ['ssl=true, which means require', '127.0.0.1', () => ({ ssl: 'true' })],
    ['sslmode=require with the issuer', '127.0.0.1', () => ({ sslmode: 'require', sslrootcert: files.authority })],
    [
      'sslmode=verify-ca, whatever the name',
      '127.0.0.1',
      () => ({ sslmode: 'verify-ca', sslrootcert: files.authority }),
    ],
    ['an issuer among others', '127.0.0.1', () => ({ sslmode: 'verify-ca', sslrootcert: files.both })],
    ['sslmode=verify-full', 'localhost', () => ({ sslmode: 'verify-full', sslrootcert: files.authority })],
    ['an address of its own', ownAddress, () => ({ sslmode: 'require' })],
    ['TLS from the first byte', 'localhost', () => ({ sslmode: 'require', sslnegotiation: 'direct' })],
    ['channel_binding=require', 'localhost', () => ({ sslmode: 'require', channel_binding: 'require' })],
  ])('a server with TLS is used over TLS with %s', async (_what, host, parameters) => {
    expect(await sessionsOf(cluster.url(parameters(), { host }))).toEqual([withTls, withTls])
  })

  it.each<[string, string, () => Record<string, string>, string]>([
    [
      'require and another issuer',
      '127.0.0.1',
      () => ({ sslmode: 'require', sslrootcert: files.stranger }),
      'was not issued by an authority in sslrootcert. Set sslrootcert to the file',
    ],
    [
      'verify-ca and another issuer',
      'localhost',
      () => ({ sslmode: 'verify-ca', sslrootcert: files.stranger }),
      'was not issued by an authority in sslrootcert. Set sslrootcert to the file',
    ],
    [
      'verify-full and another issuer',
      'localhost',
      () => ({ sslmode: 'verify-full', sslrootcert: files.stranger }),
      'was not issued by an authority in sslrootcert. Set sslrootcert to the file',
    ],
    [
      'the issuers that this machine trusts',
      'localhost',
      () => ({ sslrootcert: 'system' }),
      'was not issued by an authority in sslrootcert. Set sslrootcert to the file',
    ],
    [
      'verify-full and another name',
      '127.0.0.1',
      () => ({ sslmode: 'verify-full', sslrootcert: files.authority }),
      'is not for the host. Write a host',
    ],
  ])('a server with TLS is not used with %s', async (_what, host, parameters, why) => {
    expect(await connectionError(cluster.url(parameters(), { host }))).toContain(
      `The certificate of the server of DATABASE_URL ${why}`,
    )
  })

  it('a server with TLS is used with sslrootcert=system if this machine trusts its issuer', async () => {
    const source = join(import.meta.dirname, '..', '..', 'src', 'database', 'open-database.ts')
    const program = `
      const database = await (await import(process.argv[1])).openDatabase(process.argv[2])
      console.log(await database.em.fork().execute('select ssl from pg_stat_ssl where pid = pg_backend_pid()'))
      await database.close()`
    const args = ['--input-type=module', '--eval', program, source, cluster.url({ sslrootcert: 'system' })]
    // Node reads the certificates of the machine once, so other ones need another process.
    const env = { SSL_CERT_FILE: files.authority, SSL_CERT_DIR: directory }
    expect((await promisify(execFile)(process.execPath, args, { env })).stdout).toBe('[ { ssl: true } ]\n')
  })

  it('a server with TLS is used with the requested versions of TLS', async () => {
    const versions = { ssl_min_protocol_version: 'TLSv1.2', ssl_max_protocol_version: 'TLSv1.2' }
    const [ofPool] = await sessionsOf(cluster.url({ sslmode: 'require', ...versions }))
    expect(ofPool).toMatchObject({ version: 'TLSv1.2' })
  })

  it('gets the client certificate that it requests, also with an encrypted key', async () => {
    const at = { database: 'certified' } as const
    const own = { sslcert: files.certificate, sslkey: files.key }
    const encrypted = {
      sslcert: files.certificateOfEncrypted,
      sslkey: files.encryptedKey,
      sslpassword: 'a secret & more',
    }
    for (const parameters of [own, encrypted]) {
      const sessions = await sessionsOf(cluster.url({ sslmode: 'require', ...parameters }, at))
      expect(sessions).toMatchObject([{ client_dn: '/CN=postern' }, { client_dn: '/CN=postern' }])
    }
    expect(await connectionError(cluster.url({ sslmode: 'require' }, at))).toContain('a valid client certificate')
    expect(await connectionError(cluster.url({}, at))).toMatch(/requires TLS .* Write sslmode=verify-full/)
    const foreign = { sslcert: files.certificateOfStranger, sslkey: files.keyOfStranger }
    expect(await connectionError(cluster.url({ sslmode: 'require', ...foreign }, at))).toMatch(
      /has ended TLS .* Check sslcert/,
    )
  })

  it.each(['cleartext', 'trusting'] as const)(
    'a server with TLS is not used with channel_binding=require if access is %s',
    async (database) => {
      const url = cluster.url({ sslmode: 'require', channel_binding: 'require' }, { database })
      expect(await connectionError(url)).toContain('which channel_binding=require demands')
      expect(await sessionsOf(cluster.url({ sslmode: 'require', channel_binding: 'prefer' }, { database }))).toEqual([
        withTls,
        withTls,
      ])
    },
  )
})

describe('parameters of the URL besides TLS', () => {
  it("apply to the session, and override Postern's own except the time zone", async () => {
    const options = '-c statement_timeout=7s -c search_path=public'
    const sessions = await sessionsOf(cluster.url({ application_name: 'Postern & co', options }))
    const expected = {
      ssl: false,
      application_name: 'Postern & co',
      statement_timeout: '7s',
      lock_timeout: '5s',
      timezone: 'UTC',
    }
    expect(sessions).toMatchObject([expected, expected])
  })

  it('parameters of the URL besides TLS can name a Unix socket, an IPv6 address, or its other parts', async () => {
    const [host, socket] = [encodeURIComponent(cluster.socketDirectory), cluster.socketDirectory]
    const { password, port } = cluster
    const urls = [
      cluster.url({}, { host }),
      cluster.url({}, { host: ownAddress }),
      `postgres:///postern?host=${socket}&port=${port}&user=postern&password=${password}`,
      `postgres://postern:${password}@/?dbname=postern&host=${socket}&port=${port}`,
    ]
    for (const url of urls) expect(await sessionsOf(url)).toMatchObject([{ ssl: false }, { ssl: false }])
  })
})

describe('a URL without a password', () => {
  it('a URL without a password is completed by the PGPASSFILE', async () => {
    const { passwords } = await writeFiles(directory, { passwords: `localhost:*:*:postern:${cluster.password}\n` })
    await chmod(passwords, 0o600)
    vi.stubEnv('PGPASSFILE', passwords)
    const url = cluster.url({ sslmode: 'require' }).replace(`:${cluster.password}`, '')
    expect(await sessionsOf(url)).toEqual([withTls, withTls])
    vi.unstubAllEnvs()
    expect(await connectionError(url)).toMatch(/^The server of DATABASE_URL asks for a password\. Write it/)
  })
})

describe('a Postern whose URL requests TLS', () => {
  it('uses TLS on every connection: of migrations, the pool and lookups', async () => {
    const parameters = { sslmode: 'verify-full', sslrootcert: files.authority }
    const postern = await startPostern({ databaseUrl: cluster.url(parameters, { port: tap.port }) })
    try {
      const migrations = tap.beginnings().length
      expect(migrations).toBeGreaterThan(1)
      const administrator = await postern.signInAsAdministrator()
      expect(tap.beginnings().length).toBeGreaterThan(migrations)
      expect(new Set(tap.beginnings())).toEqual(new Set(['TLS']))

      tap.turn(Number(new URL(inject('clusterUrl')).port))
      await vi.waitFor(() => expect(tap.beginnings().length).toBeGreaterThan(0), patience)
      expect((await administrator.send({ query: '{ viewer { user { id } } }' })).status).toBe(503)
      await vi.waitFor(async () => expect((await fetch(`${postern.url}/readyz`)).status).toBe(503), patience)
      expect(new Set(tap.beginnings())).toEqual(new Set(['asked']))
    } finally {
      await postern.stop()
    }
  })
})
