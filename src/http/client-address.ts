import { BlockList, isIP, isIPv6 } from 'node:net'

// What proxies write in place of an address: with a port, and brackets around one of IPv6 (RFC 7239, section 6); with a zone.
const withPort = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/

/** The address in what a connection or a proxy says, without port and zone; null: there is none. */
export function clientAddress(said: string | undefined): string | null {
  const [, bracketed, plain] = withPort.exec(said ?? '') ?? []
  const address = (bracketed ?? plain ?? said ?? '').split('%', 1)[0] ?? ''
  return isIP(address) ? address : null
}

/** Whether an address is that of a proxy whose X-Forwarded-For counts: one of these addresses or ranges. */
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
