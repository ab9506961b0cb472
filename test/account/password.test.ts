import { beforeEach, describe, expect, it, vi } from 'vitest'
import { checkPassword, hashPassword, verifyPassword } from '../../src/domain/account/password.ts'
import { Faults, InputRefused } from '../../src/domain/errors.ts'

/** What the argon2id library is doing; with `hold`, it ends nothing until `release`. */
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

// Cheap, so that a hundred of them take no time.
const cheapHash = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$nX9mC7jZLu0lOoQXtJ/dZA'
const atOnce = 2
const mayWait = 100

beforeEach(() => {
  library.most = 0
})

async function releaseAll(): Promise<void> {
  library.hold = false
  for (const release of library.release.splice(0)) release()
}

describe('password hashing', () => {
  it('takes argon2id with the cost that OWASP asks for, and a salt of its own each time', async () => {
    const [one, other] = await Promise.all([hashPassword('the same'), hashPassword('the same')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(other)
    expect(await verifyPassword('the same', one)).toBe(true)
    expect(await verifyPassword('the other', one)).toBe(false)
  })

  it('runs twice at once at most, and answers everybody in the end', async () => {
    const hash = await hashPassword('right')
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => verifyPassword(index % 3 === 0 ? 'right' : 'wrong', hash)),
    )
    expect(answers).toEqual(Array.from({ length: 30 }, (_, index) => index % 3 === 0))
    expect(library.most).toBe(atOnce)
  })

  it('counts new passwords in: a hash waits its turn as a verification does', async () => {
    const hash = await hashPassword('right')
    await Promise.all([...Array.from({ length: 6 }, () => hashPassword('new')), verifyPassword('right', hash)])
    expect(library.most).toBe(atOnce)
  })

  it('turns away who comes when a hundred wait, and nobody afterwards', async () => {
    library.hold = true
    const accepted = Array.from({ length: atOnce + mayWait }, () => verifyPassword('x', cheapHash))
    await vi.waitFor(() => expect(library.running).toBe(atOnce))
    await expect(verifyPassword('x', cheapHash)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    await expect(hashPassword('long enough')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    expect(library.running).toBe(atOnce)

    await releaseAll()
    expect(await Promise.all(accepted)).toEqual(accepted.map(() => false))
    expect(await verifyPassword('x', cheapHash)).toBe(false)
    expect(library.most).toBe(atOnce)
  })

  it('gives its place back when it fails', async () => {
    const broken = Array.from({ length: atOnce * 3 }, () => verifyPassword('x', 'no hash at all'))
    const outcomes = await Promise.allSettled(broken)
    expect(outcomes.map(({ status }) => status)).toEqual(broken.map(() => 'rejected'))
    expect(await verifyPassword('x', cheapHash)).toBe(false)
    expect(library.running).toBe(0)
  })
})

describe('verification', () => {
  it('is done at the same cost for nobody, and never fits', async () => {
    const verified = vi.spyOn(await import('@node-rs/argon2'), 'verify')
    expect(await verifyPassword('whatever', null)).toBe(false)
    const costOf = (hash: unknown) => String(hash).split('$').slice(0, 4)
    expect(verified).toHaveBeenCalledTimes(1)
    expect(costOf(verified.mock.calls[0]?.[0])).toEqual(costOf(await hashPassword('anyone')))
    verified.mockRestore()
  })

  it('looks at the whole password: nothing may follow one of full length', async () => {
    const longest = 'x'.repeat(256)
    const hash = await hashPassword(longest)
    expect(await verifyPassword(longest, hash)).toBe(true)
    expect(await verifyPassword(`${longest}y`, hash)).toBe(false)
  })
})

describe('the rule for passwords', () => {
  it.each([
    ['7 characters', 'x'.repeat(7), false],
    ['8 characters', 'x'.repeat(8), true],
    ['8 spaces', ' '.repeat(8), true],
    ['other scripts', 'пароль по-русски', true],
    ['256 characters', 'x'.repeat(256), true],
    ['257 characters', 'x'.repeat(257), false],
    ['nothing', '', false],
  ])('%s', (_, password, isGood) => {
    const faults = new Faults()
    checkPassword(password, ['input', 'password'], faults)
    if (isGood) expect(() => faults.refuseIfAny()).not.toThrow()
    else expect(() => faults.refuseIfAny()).toThrow(InputRefused)
  })
})
