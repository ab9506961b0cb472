import { expect, it } from 'vitest'
import { clientNetwork } from '../../src/domain/shared/client-network.ts'

it.each([
  ['192.0.2.1', '192.0.2.1/32'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8::ffff', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1:2:3:4', 'fe80:0:0:0::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1/32'],
  ['0:0:0:0:0:FFFF:c000:0201', '192.0.2.1/32'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  [null, '::/0'],
])('%s counts with %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network)
})
