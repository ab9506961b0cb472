import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { patience } from '../harness/patience.ts'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { counted, loginOutcome, repeat, signInOutcome, tryLogin, trySignIn } from './attempts.ts'

/** The number of passwords that the argon2id library has verified. */
const library = vi.hoisted(() => ({ verified: 0 }))

vi.mock('@node-rs/argon2', async (importOriginal) => {
  const original = await importOriginal<typeof import('@node-rs/argon2')>()
  const verify = (...given: Parameters<typeof original.verify>) => {
    library.verified++
    return original.verify(...given)
  }
  return { ...original, verify }
})

let postern: Postern
let ada: Person
let networks = 0

/** An IPv4 address that is new to the server. */
const newNetwork = () => `198.18.${++networks >> 8}.${networks & 255}`
const wrong = { username: 'ada', password: 'a wrong password' }
const right = () => ({ username: 'ada', password: ada.password })

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  ada = await postern.signUp('ada')
})
beforeEach(async () => {
  await postern.em().execute('truncate failure_count')
  library.verified = 0
})
afterAll(() => postern.stop())

describe('wrong passwords', () => {
  it('wrong passwords are verified ten times, and after that not even the correct one is', async () => {
    const network = newNetwork()
    const all = await repeat(12, () => signInOutcome(postern.url, wrong, network))
    expect(counted(all)).toEqual({ failed: 10, denied: 2 })
    expect(await signInOutcome(postern.url, right(), network)).toBe('denied')
    expect(await loginOutcome(postern.url, right(), network)).toBe('denied')
    expect(library.verified).toBe(10)
    expect(await signInOutcome(postern.url, right(), newNetwork())).toBe('right')
    expect(await signInOutcome(postern.url, { ...right(), username: 'eve' }, network)).toBe('failed')
  })

  it('read nothing of the account once they are denied', async () => {
    const network = newNetwork()
    await repeat(11, () => signInOutcome(postern.url, wrong, network))
    const statements = await statementsOf(async () => {
      expect(await signInOutcome(postern.url, wrong, network)).toBe('denied')
      expect(await loginOutcome(postern.url, wrong, network)).toBe('denied')
    })
    expect(statements.filter((text) => text.includes('user_account'))).toEqual([])
  })

  it('wrong passwords count together at signIn and at the token endpoint', async () => {
    const network = newNetwork()
    const all = await repeat(6, async () => [
      await signInOutcome(postern.url, wrong, network),
      await loginOutcome(postern.url, wrong, network),
    ])
    expect(counted(all.flat())).toEqual({ failed: 10, denied: 2 })
  })

  it('wrong passwords are denied with the time to wait, in the header, the body and the message', async () => {
    const network = newNetwork()
    const first = await trySignIn(postern.url, wrong, network)
    expect(first.headers.get('retry-after')).toBeNull()
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"account";q=10;w=900, "account-day";q=100;w=86400, "network";q=100;w=3600',
    )
    expect(first.headers.get('ratelimit')).toMatch(
      /^"account";r=9;t=\d+, "account-day";r=99;t=\d+, "network";r=99;t=\d+$/,
    )
    await repeat(9, () => signInOutcome(postern.url, wrong, network))

    const { status, headers, body } = await trySignIn(postern.url, wrong, network)
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(840)
    expect(seconds).toBeLessThanOrEqual(900)
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        data: null,
        errors: [
          {
            message: expect.stringMatching(/^Too many failed attempts to sign in\. Try again in 15 minutes\./),
            path: ['signIn'],
            locations: [expect.anything()],
            extensions: { code: 'TOO_MANY_REQUESTS', retryAfter: seconds },
          },
        ],
      },
    })
    expect(headers.get('ratelimit-policy')).toBe('"account";q=10;w=900')
    expect(headers.get('ratelimit')).toBe(`"account";r=0;t=${seconds}`)
    expect(headers.get('access-control-expose-headers')).toContain('retry-after')

    const login = await tryLogin(postern.url, wrong, network)
    expect(login.status).toBe(429)
    expect(login.body.errors).toEqual([
      {
        code: 'TOOMANYREQUESTS',
        message: expect.stringMatching(/^too many failed attempts to sign in\. Try again in 15 minutes\./),
      },
    ])
    expect(Number(login.headers.get('retry-after'))).toBeGreaterThan(840)
    expect(login.headers.get('ratelimit')).toMatch(/^"account";r=0;t=\d+$/)
  })

  it('wrong passwords get the same responses for existing and unknown names', async () => {
    const seen = async (username: string) => {
      const network = newNetwork()
      const responses = await repeat(11, () => trySignIn(postern.url, { ...wrong, username }, network))
      return responses.map(({ status, body, headers }) => {
        const fields = ['ratelimit', 'ratelimit-policy'].map((name) => headers.get(name)?.replaceAll(/t=\d+/g, 't'))
        const waits = headers.get('retry-after') !== null
        return JSON.stringify({ status, body, fields, waits }).replace(/"retryAfter":\d+/, '')
      })
    }
    const known = await seen('ada')
    expect(new Set(known).size).toBe(11)
    for (const username of ['nobody', 'Not A Name', '', 'x'.repeat(5_000)]) expect(await seen(username)).toEqual(known)
  })

  it('wrong passwords are limited to one per document: two are invalid, and do not count as a guess', async () => {
    const network = newNetwork()
    const send = (count: number) => {
      const aliases = Array.from({ length: count }, (_, i) => `a${i}: signIn(input: $input) { sessionToken }`)
      const query = `mutation ($input: SignInInput!) { ${aliases.join(' ')} }`
      return postern.client().send({ query, variables: { input: wrong } }, { 'x-forwarded-for': network })
    }
    for (const count of [2, 5, 9]) expect((await send(count)).status).toBe(400)
    expect(library.verified).toBe(0)
    for (let time = 0; time < 10; time++) expect((await send(1)).body.errors).toBeUndefined()
    const { body, headers } = await send(1)
    expect(body.errors?.[0]?.extensions.code).toBe('TOO_MANY_REQUESTS')
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(library.verified).toBe(10)
  })

  it('take the server no time if the name or the password is very long', async () => {
    const long = `a${'\u0301'.repeat(20_000)}${'\u0316'.repeat(20_000)}`
    const startedAt = performance.now()
    for (const login of [
      { ...wrong, username: long },
      { ...wrong, password: long },
    ])
      expect(await signInOutcome(postern.url, login, newNetwork())).toBe('failed')
    // Normalizing each would take more than a second.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('wrong passwords are verified ten times if fifty arrive at once', async () => {
    const network = newNetwork()
    const all = await Promise.all(Array.from({ length: 50 }, () => signInOutcome(postern.url, wrong, network)))
    expect(counted(all)).toEqual({ failed: 10, denied: 40 })
    expect(library.verified).toBe(10)
  })

  it('wrong passwords are verified ten times if they arrive at two instances at once', async () => {
    const network = newNetwork()
    const second = await postern.startSecondInstance()
    try {
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, i) => signInOutcome(i % 2 ? second.url : postern.url, wrong, network)),
      )
      expect(counted(all)).toEqual({ failed: 10, denied: 30 })
      expect(library.verified).toBe(10)
      expect(await signInOutcome(second.url, right(), newNetwork())).toBe('right')
    } finally {
      await second.stop()
    }
  })

  it('wrong passwords are reset by the correct one', async () => {
    const network = newNetwork()
    for (let round = 0; round < 3; round++) {
      expect(counted(await repeat(9, () => signInOutcome(postern.url, wrong, network)))).toEqual({ failed: 9 })
      expect(await signInOutcome(postern.url, right(), network)).toBe('right')
    }
  })

  it('wrong passwords count until the end of their window', async () => {
    const network = newNetwork()
    expect(counted(await repeat(9, () => signInOutcome(postern.url, wrong, network)))).toEqual({ failed: 9 })
    await postern.em().execute("update failure_count set ends_at = now() - interval '1 second'")
    expect(counted(await repeat(11, () => signInOutcome(postern.url, wrong, network)))).toEqual({
      failed: 10,
      denied: 1,
    })
  })

  it('wrong passwords count if they are the current password of a signed-in person', async () => {
    const query = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }`
    const input = { currentPassword: 'a wrong password', newPassword: 'another password' }
    const network = newNetwork()
    const responses = await repeat(11, () =>
      ada.client.send({ query, variables: { input } }, { 'x-forwarded-for': network }),
    )
    expect(responses.map(({ body }) => body.errors?.[0]?.extensions.code ?? 'failed')).toEqual([
      ...Array(10).fill('failed'),
      'TOO_MANY_REQUESTS',
    ])
    expect(await signInOutcome(postern.url, right(), network)).toBe('denied')
  })

  it("wrong passwords are listed among the person's attempts, including those that were not verified", async () => {
    const network = newNetwork()
    await repeat(12, () => signInOutcome(postern.url, wrong, network))
    const query = '{ viewer { user { refusedAttempts { reason attempts ipAddress message } } } }'
    await vi.waitFor(async () => {
      const { body } = await ada.client.send({ query })
      const response = JSON.stringify(body)
      expect(response).toContain(`{"reason":"WRONG_PASSWORD","attempts":10,"ipAddress":"${network}"`)
      expect(response).toContain(`{"reason":"TOO_MANY_FAILURES","attempts":2,"ipAddress":"${network}"`)
    }, patience)
  })
})

describe('correct passwords', () => {
  it('never count, however many arrive at once from one network', async () => {
    const network = newNetwork()
    const all = await Promise.all(Array.from({ length: 60 }, () => signInOutcome(postern.url, right(), network)))
    expect(counted(all)).toEqual({ right: 60 })
    const [{ failures } = { failures: -1 }] = await postern
      .em()
      .execute<Array<{ failures: number }>>('select coalesce(sum(failures), 0)::int as failures from failure_count')
    expect(failures).toBe(0)
  })
})
