import { BlockList, isIP, isIPv6 } from 'node:net'

// Proxies can add a port, brackets around an IPv6 address (RFC 7239, section 6), and a zone.
const withPort = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/

/** The address from a connection or a proxy, without port and zone. Null if it contains no valid address. */
export function clientAddress(said: string | undefined): string | null {
  const [, bracketed, plain] = withPort.exec(said ?? '') ?? []
  const address = (bracketed ?? plain ?? said ?? '').split('%', 1)[0] ?? ''
  return isIP(address) ? address : null
}

/** Returns a function that checks whether an address is a trusted proxy: one of these addresses or ranges. */
export function trustedProxies(ranges: readonly string[]): (said: string) => boolean {
  const trusted = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  return (said) => {
    const address = clientAddress(said)
    return address !== null && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }
}
