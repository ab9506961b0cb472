import { type ConnectionOptions, checkServerIdentity, createSecureContext } from 'node:tls'
import type pg from 'pg'
import type { DatabaseAddress } from '../database-url/parse-database-url.ts'
import { requireChannelBinding } from './require-channel-binding.ts'

// So that whoever runs the database, and `npm run migrate -- down`, can tell the connections of Postern.
export const defaultApplicationName = 'postern'

type ClientClass = new (config?: pg.ClientConfig) => Pick<pg.Client, 'connection'>

/** What Postern wants of its connections where the URL says nothing else. */
export interface ConnectionWishes {
  readonly Client: ClientClass
  readonly connectTimeoutMs: number
  /** As the URL's own: what the URL says comes after them, and so counts. */
  readonly options: readonly string[]
}

/**
 * MikroORM's options for a pool of connections to an address, with nothing left for `pg` to take from the environment. The
 * pool's clients bring TLS along themselves, so that whatever pool they are made by, none is without.
 */
export function connectionOptions(address: DatabaseAddress, { Client, connectTimeoutMs, options }: ConnectionWishes) {
  const { host, port, user, password, database: dbName, applicationName, keepAliveIdleSeconds: idle } = address
  const timeoutMs =
    address.connectTimeoutSeconds === undefined ? connectTimeoutMs : address.connectTimeoutSeconds * 1_000
  return {
    ...{ host, port, user, password, dbName },
    driverOptions: {
      Client: clientOf(Client, address),
      connectionTimeoutMillis: timeoutMs,
      sslnegotiation: address.tlsNegotiation,
      // Times are computed in UTC, whatever the server's own time zone is.
      options: [...options, address.options, '-c timezone=UTC'].join(' '),
      application_name: applicationName ?? defaultApplicationName,
      ...(idle !== undefined && { keepAlive: true, keepAliveInitialDelayMillis: idle * 1_000 }),
    },
  }
}

function clientOf(Client: ClientClass, address: DatabaseAddress): ClientClass {
  const ssl = tlsOptions(address)
  const bindsChannel = ssl !== false && address.channelBinding !== 'disable'
  return class extends Client {
    constructor(config: pg.ClientConfig = {}) {
      // The pool hides its password, which is not copied with the rest.
      super({ ...config, password: config.password, ssl, enableChannelBinding: bindsChannel })
      if (address.channelBinding === 'require') requireChannelBinding(this)
    }
  }
}

/** What `tls.connect` takes, made once: reading what a machine trusts takes a tenth of a second. */
function tlsOptions({ tls, host }: DatabaseAddress): ConnectionOptions | false {
  if (tls === null) return false
  const { verified, issuers, certificate, key, keyPassword, minVersion, maxVersion } = tls
  return {
    secureContext: createSecureContext({
      ...(issuers !== undefined && { ca: [...issuers] }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
      ...(keyPassword !== undefined && { passphrase: keyPassword }),
      ...(minVersion !== undefined && { minVersion }),
      ...(maxVersion !== undefined && { maxVersion }),
    }),
    rejectUnauthorized: verified !== 'nothing',
    // Not by the name that Node would take, which is localhost where the host is an address.
    checkServerIdentity: (_host, certificate) =>
      verified === 'issuer and name' ? checkServerIdentity(host, certificate) : undefined,
  }
}
