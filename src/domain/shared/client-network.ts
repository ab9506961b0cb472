import { isIPv6 } from 'node:net'

/** The network of clients whose address is unknown. */
const unknownNetwork = '::/0'

/**
 * The network of a client, whose anonymous pulls count together: a single IPv4 address, or the first 64 bits of an IPv6
 * address, because a site chooses the others itself (RFC 6177). IPv4 in IPv6 is IPv4.
 */
export function clientNetwork(address: string | null): string {
  if (address === null) return unknownNetwork
  if (!isIPv6(address)) return `${address}/32`
  const groups = groupsOf(address)
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
  return `${bytes.join('.')}/32`
}

/** The eight groups of an IPv6 address, in lower-case hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')))
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}
