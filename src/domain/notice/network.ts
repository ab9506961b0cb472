import { lookup as resolveName } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** The addresses that webhooks may have: all, or those of the public internet. */
export const webhookNetworks = ['any', 'public'] as const
export type WebhookNetworks = (typeof webhookNetworks)[number]

// Addresses that are not globally reachable by the IANA registries of special-purpose addresses (RFC 6890), multicast,
// and the prefixes that contain IPv4 addresses of any kind: translation (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380).
const inside = new BlockList()
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
]) {
  const [address = '', bits] = range.split('/')
  inside.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4')
}

/** Whether a text is an address of the public internet. IPv4 in IPv6 counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && !inside.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Thrown instead of a connection to an address outside the public internet. */
export class NotPublic extends Error {
  constructor() {
    super('The address is not of the public internet.')
    this.name = 'NotPublic'
  }
}

/**
 * Resolves names for connections, to public addresses only. The connection uses the checked address, so a later change
 * of the name has no effect.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error || first === undefined) return callback(error ?? new NotPublic(), '', 0)
    if (!addresses.every(({ address }) => isPublicAddress(address))) return callback(new NotPublic(), '', 0)
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
