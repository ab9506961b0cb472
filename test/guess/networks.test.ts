import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { basic, type Login } from '../harness/token-endpoint.ts'
import { counted, type Outcome, repeat, signInOutcome } from './attempts.ts'

let postern: Postern
let ada: Person

const wrong = { username: 'ada', password: 'a wrong password' }
const right = () => ({ username: 'ada', password: ada.password })
const resetFailures = () => postern.em().execute('truncate failure_count')

describe('behind a trusted proxy', () => {
  beforeAll(async () => {
    postern = await startPostern({ trustProxy: ['127.0.0.1'] })
    ada = await postern.signUp('ada')
  })
  beforeEach(resetFailures)
  afterAll(() => postern.stop())

  it('all addresses of one IPv6 /64 count as one network, and no other addresses', async () => {
    const all = await repeat(11, (i) => signInOutcome(postern.url, wrong, `2001:db8:1:2:${i + 1}::${i}`))
    expect(counted(all)).toEqual({ failed: 10, denied: 1 })
    expect(await signInOutcome(postern.url, right(), '2001:db8:1:2:ffff::1')).toBe('denied')
    expect(await signInOutcome(postern.url, right(), '2001:db8:1:3::1')).toBe('right')
  })

  it('an address with a port and an IPv4 address in IPv6 form count as the same network', async () => {
    const written = ['203.0.113.50', '203.0.113.50:4711', '::ffff:203.0.113.50', '[::ffff:203.0.113.50]:80']
    const all = await repeat(11, (i) => signInOutcome(postern.url, wrong, written[i % written.length]))
    expect(counted(all)).toEqual({ failed: 10, denied: 1 })
  })

  it('a hundred wrong passwords from one network are verified per hour, whatever the usernames', async () => {
    const network = '203.0.113.60'
    const all = await Promise.all(
      Array.from({ length: 110 }, (_, i) => signInOutcome(postern.url, { ...wrong, username: `name-${i}` }, network)),
    )
    expect(counted(all)).toEqual({ failed: 100, denied: 10 })
    expect(await signInOutcome(postern.url, right(), network)).toBe('denied')
    expect(await signInOutcome(postern.url, right(), '203.0.113.61')).toBe('right')
  })

  it('the owner can sign in while many networks attack the account, each with three guesses', async () => {
    const attackers = Array.from({ length: 26 }, (_, i) => `198.18.7.${i}`)
    const guesses = attackers.flatMap((network) => [network, network])
    await Promise.all(guesses.map((network) => signInOutcome(postern.url, wrong, network)))

    // From a network that failed twice, and from one without failures.
    expect(await repeat(2, () => signInOutcome(postern.url, wrong, '198.18.7.0'))).toEqual(['failed', 'denied'])
    expect(counted(await repeat(4, () => signInOutcome(postern.url, wrong, '198.18.8.1')))).toEqual({
      failed: 3,
      denied: 1,
    })

    expect(await signInOutcome(postern.url, right(), '203.0.113.70')).toBe('right')
    expect(await repeat(2, () => signInOutcome(postern.url, wrong, '203.0.113.71'))).toEqual(['failed', 'failed'])
    expect(await signInOutcome(postern.url, right(), '203.0.113.71')).toBe('right')
    // Other accounts are not affected.
    const other = { ...wrong, username: 'eve' }
    expect(counted(await repeat(11, () => signInOutcome(postern.url, other, '198.18.8.2')))).toEqual({
      failed: 10,
      denied: 1,
    })
  })

  it('a success on another instance resets the failures', async () => {
    const network = '203.0.113.79'
    expect(counted(await repeat(9, () => signInOutcome(postern.url, wrong, network)))).toEqual({ failed: 9 })
    await resetFailures()
    expect(counted(await repeat(11, () => signInOutcome(postern.url, wrong, network)))).toEqual({
      failed: 10,
      denied: 1,
    })
  })

  it('an instance limits guesses from memory while the database cannot count them, and writes them later', async () => {
    const network = '203.0.113.80'
    expect(counted(await repeat(4, () => signInOutcome(postern.url, wrong, network)))).toEqual({ failed: 4 })
    await postern.em().execute('alter table failure_count rename to elsewhere')
    try {
      expect(counted(await repeat(9, () => signInOutcome(postern.url, wrong, network)))).toEqual({
        failed: 6,
        denied: 3,
      })
      expect(await signInOutcome(postern.url, right(), '203.0.113.81')).toBe('right')
    } finally {
      await postern.em().execute('alter table elsewhere rename to failure_count')
    }
    const ofAccount = 'select failures from failure_count order by failures desc limit 1'
    await vi.waitFor(async () => expect(await postern.em().execute(ofAccount)).toEqual([{ failures: 10 }]), 20_000)
    expect(await signInOutcome(postern.url, wrong, network)).toBe('denied')
  })
})

describe('without a trusted proxy', () => {
  beforeAll(async () => {
    postern = await startPostern()
    ada = await postern.signUp('ada')
  })
  beforeEach(resetFailures)
  afterAll(() => postern.stop())

  it('an attacker at one address locks out nobody at another', async () => {
    const all = await repeat(12, () => loginFrom('127.0.0.2', wrong))
    expect(counted(all)).toEqual({ failed: 10, denied: 2 })
    expect(await loginFrom('127.0.0.1', right())).toBe('right')
    expect(await loginFrom('127.0.0.3', right())).toBe('right')
  })

  it('a forged address gives no additional guesses', async () => {
    const all = await repeat(11, (i) => signInOutcome(postern.url, wrong, `203.0.113.${i}`))
    expect(counted(all)).toEqual({ failed: 10, denied: 1 })
  })
})

/** Logs in over a connection from an address of this machine. */
function loginFrom(localAddress: string, { username, password }: Login): Promise<Outcome> {
  const headers = { authorization: basic(`${username}:${password}`) }
  return new Promise((resolve, reject) => {
    request(`${postern.url}/token?service=registry`, { localAddress, headers }, (response) => {
      response.resume()
      const outcome = ({ 200: 'right', 401: 'failed', 429: 'denied' } as const)[Number(response.statusCode) as 200]
      resolve(outcome)
    })
      .on('error', reject)
      .end()
  })
}
