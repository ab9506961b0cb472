import { isIPv6 } from 'node:net'

/** The network of clients whose address is unknown. */
const unknownNetwork = '::/0'

/**
 * The network of a client, whose anonymous pulls count together: a single IPv4 address, or the first 64 bits of an IPv6
 * address, because a site chooses the others itself (RFC 6177). IPv4 in IPv6 is IPv4.
 */
export function clientNetwork(address: string | null): string {
  if (address === null) return unknownNetwork
  const parts = partsOf(address)
  return parts.bytes === null ? `${parts.groups.slice(0, 4).join(':')}::/64` : `${parts.bytes.join('.')}/32`
}

/**
 * The network that a client is in, for those who may not know its address: the first 24 bits of an IPv4 address, or 48
 * of an IPv6 address.
 */
export function surroundingNetwork(address: string): string {
  const parts = partsOf(address)
  return parts.bytes === null
    ? `${parts.groups.slice(0, 3).join(':')}::/48`
    : `${parts.bytes.slice(0, 3).join('.')}.0/24`
}

type AddressParts = { readonly bytes: readonly string[] } | { readonly bytes: null; readonly groups: readonly string[] }

/** The four bytes of an IPv4 address, also of one in IPv6, or the eight groups of an IPv6 address. */
function partsOf(address: string): AddressParts {
  if (!isIPv6(address)) return { bytes: address.split('.') }
  const groups = groupsOf(address)
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return { bytes: null, groups }
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [String(value >> 8), String(value & 0xff)]
  })
  return { bytes }
}

/**
 * The larger network that a client's network is in, which one customer of a provider often has: 24 bits of IPv4, or 48
 * of IPv6 (RFC 6177). One client in it can use any of its networks.
 */
export function clientSite(network: string): string {
  const [address = '', bits] = network.split('/')
  if (bits === '32') return `${address.split('.').slice(0, 3).join('.')}.0/24`
  return bits === '64' ? `${address.split(':').slice(0, 3).join(':')}::/48` : network
}

/** The eight groups of an IPv6 address, in lower-case hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')))
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}
