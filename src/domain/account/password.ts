import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { Denied, type Faults } from '../errors.ts'

const minPasswordLength = 8
const maxPasswordLength = 256

/** Whether a text can be a password: length only, as NIST SP 800-63B section 3.1.1 asks. */
export function isPassword(text: string): boolean {
  return text.length >= minPasswordLength && text.length <= maxPasswordLength
}

/** The rule for people. */
export const passwordRule = `${minPasswordLength} to ${maxPasswordLength} characters`

/** Adds a fault unless the text can be a password. */
export function checkPassword(password: string, path: readonly string[], faults: Faults): void {
  if (!isPassword(password)) faults.add('INVALID', path, `Choose a password of ${passwordRule}.`)
}

// OWASP's password storage cheat sheet: argon2id with 19 MiB, 2 passes, 1 lane. The enum is `const` in the package, so its value.
const argon2id: Algorithm = 2
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

// More at once would take all cores and 19 MiB each; more waiting would take longer than any client waits.
const maxAtOnce = 2
const maxWaiting = 100
let running = 0
const waiting: Array<() => void> = []

/** Runs one piece of argon2id work when a place is free. Throws `Denied` (TOO_MANY_REQUESTS) when too many wait. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= maxAtOnce) {
    if (waiting.length >= maxWaiting)
      throw new Denied('TOO_MANY_REQUESTS', 'Too many people are signing in at this moment. Try again in 10 seconds.')
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** The argon2id hash of a password, as a PHC string. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, cost))
}

// Of random bytes that nobody kept, at the same cost: what a password is compared with where there is no such person.
const hashOfNobody = '$argon2id$v=19$m=19456,t=2,p=1$HQdc7eIqeijyGLteUgkaDw$tICmVKLsJXOvstL2WNdoDKIwJkJWoCfCVWJHUem/wOs'

/**
 * Whether a password fits. With no hash (there is no such person) it takes as long and answers false, so that time does
 * not tell which names exist.
 */
export async function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const fits = await inTurn(() => verify(passwordHash ?? hashOfNobody, password.slice(0, maxPasswordLength)))
  return fits && passwordHash !== null && password.length <= maxPasswordLength
}
