import { type ConnectionOptions, checkServerIdentity, createSecureContext } from 'node:tls'
import type pg from 'pg'
import type { DatabaseAddress } from '../database-url/parse-database-url.ts'
import { requireChannelBinding } from './require-channel-binding.ts'

// The name by which operators and `npm run migrate -- down` recognize Postern's connections.
export const defaultApplicationName = 'postern'

type ClientClass = new (config?: pg.ClientConfig) => Pick<pg.Client, 'connection'>

/** Defaults of connections, which the URL overrides. */
export interface ConnectionWishes {
  readonly Client: ClientClass
  readonly connectTimeoutMs: number
  /** In the format of the URL's options, which are added after these and so override them. */
  readonly options: readonly string[]
}

/**
 * MikroORM's options for a pool of connections to an address. They are complete, so that `pg` reads nothing from the
 * environment. TLS belongs to the clients, so that every pool that creates them uses it.
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
      // Times are computed in UTC, independent of the server's time zone.
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
      // The password of a pool is not enumerable, so spreading does not copy it.
      super({ ...config, password: config.password, ssl, enableChannelBinding: bindsChannel })
      if (address.channelBinding === 'require') requireChannelBinding(this)
    }
  }
}

/** The options of `tls.connect`, created once: reading the certificates of the machine takes a tenth of a second. */
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
    // Node would check another name: localhost if the host is an address.
    checkServerIdentity: (_host, certificate) =>
      verified === 'issuer and name' ? checkServerIdentity(host, certificate) : undefined,
  }
}
