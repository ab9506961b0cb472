import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'
import { type Authority, createAuthority } from './certificates.ts'
import { execute } from './database.ts'
import { patience } from './patience.ts'

/** A PostgreSQL with TLS, on 127.0.0.1, ::1 and a Unix socket. Its certificate is for `localhost`. */
export interface TlsCluster {
  /** Issued the certificate of the server, and the client certificates that the server accepts. */
  readonly authority: Authority
  readonly port: number
  readonly password: string
  /** The directory of its socket. */
  readonly socketDirectory: string
  /** A connection URI, with the parameters escaped. */
  url(parameters?: Readonly<Record<string, string>>, at?: Partial<Place>): string
  stop(): Promise<void>
}

export interface Place {
  /** The host in the URL; by default `localhost`. */
  readonly host: string
  readonly port: number
  readonly database: keyof typeof access | 'postern'
}

// The lines of pg_hba.conf, one per database.
const access = {
  /** Accepts only clients with a certificate. */
  certified: ['hostssl certified postern all scram-sha-256 clientcert=verify-ca', 'host certified all all reject'],
  /** Requests the password in the clear. */
  cleartext: ['host cleartext postern all password'],
  /** Requests no password. */
  trusting: ['host trusting postern all trust'],
}
const accessToAll = ['local all postern scram-sha-256', 'host all postern all scram-sha-256']

/** Starts a PostgreSQL that accepts connections with and without TLS. */
export async function startTlsCluster(): Promise<TlsCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-tls-'))
  const clusterDir = join(dataDir, 'postgres')
  const settings = { fsync: 'off', listen_addresses: '127.0.0.1,::1', unix_socket_directories: clusterDir }
  const postgres = await startEmbeddedPostgres({ dataDir, log: console.warn, settings })
  const { password, port } = new URL(postgres.url)
  for (const database of Object.keys(access)) await execute(postgres.url, `create database ${database}`)

  const authority = await createAuthority('The authority')
  const own = await authority.issue('localhost', ['localhost'])
  const files = {
    'server.crt': own.certificate,
    'server.key': own.key,
    'clients.crt': authority.certificate,
    'postgresql.auto.conf': "ssl = on\nssl_ca_file = 'clients.crt'\n",
    'pg_hba.conf': `${[...Object.values(access).flat(), ...accessToAll].join('\n')}\n`,
  }
  const { uid, gid } = await stat(clusterDir)
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(clusterDir, name), content, { mode: 0o600 })
    await chown(join(clusterDir, name), uid, gid)
  }
  process.kill(Number.parseInt(await readFile(join(clusterDir, 'postmaster.pid'), 'utf8'), 10), 'SIGHUP')
  await vi.waitFor(async () => expect(await execute(postgres.url, 'show ssl')).toEqual([{ ssl: 'on' }]), patience)

  return {
    ...{ authority, port: Number(port), password, socketDirectory: clusterDir },
    url(parameters = {}, at = {}) {
      const place: Place = { host: 'localhost', port: Number(port), database: 'postern', ...at }
      const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      return `postgres://postern:${password}@${place.host}:${place.port}/${place.database}?${query.join('&')}`
    },
    async stop() {
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
