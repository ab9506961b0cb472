import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { FairQueue } from './fair-queue.ts'
import { maxPasswordLength, normalizePassword } from './password-rule.ts'

// OWASP's password storage cheat sheet: argon2id with 19 MiB, 2 passes, 1 lane. The enum is `const` in the package, so
// its value.
const argon2id: Algorithm = 2
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

// More at once would take all cores and 19 MiB each. More waiting would take longer than clients wait. One network has
// a sixth of the places at most, so that a flood from there does not keep others out.
const queue = new FairQueue({ maxAtOnce: 2, maxWaiting: 600, maxWaitingOfNetwork: 100 })

/**
 * Runs work with a password when its turn has come; networks take turns, and `isProven` ones have a lane of their own.
 * Throws `Denied` (TOO_MANY_REQUESTS) when too many wait.
 */
export function inTurn<T>(network: string, isProven: boolean, work: () => Promise<T>): Promise<T> {
  return queue.run(network, isProven, work)
}

/** The argon2id hash of a password, as a PHC string. Waits for a turn, and throws, as `inTurn` does. */
export function hashPassword(password: string, network: string): Promise<string> {
  return inTurn(network, false, () => hash(normalizePassword(password), cost))
}

// Of random bytes that nobody kept, at the same cost. Passwords for unknown names are compared with it.
const hashOfNobody = '$argon2id$v=19$m=19456,t=2,p=1$HQdc7eIqeijyGLteUgkaDw$tICmVKLsJXOvstL2WNdoDKIwJkJWoCfCVWJHUem/wOs'

// A password of full length has no more UTF-16 code units than this before it is normalized: no character that Unicode
// composes was more than four.
const maxUnits = 4 * 2 * maxPasswordLength

/**
 * Whether a password is correct. Without a hash (there is no such person) it takes as long and returns false, so that
 * the time does not disclose which names exist. To be run in a turn.
 *
 * Old hashes are of passwords that were not normalized. So a password that normalization changes is compared unchanged,
 * too.
 */
export async function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const typed = password.slice(0, maxUnits)
  const normalized = normalizePassword(typed)
  const against = passwordHash ?? hashOfNobody
  const fits = (await verify(against, normalized)) || (normalized !== typed && (await verify(against, typed)))
  return fits && passwordHash !== null && password.length <= maxUnits
}
