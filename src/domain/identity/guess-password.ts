import { createHash } from 'node:crypto'
import {
  failuresUnderAttack,
  passwordsFromAnywhere,
  passwordsOfAccount,
  passwordsOfAccountInADay,
  passwordsOfNetwork,
} from '../guess/budgets.ts'
import type { Allowance } from '../guess/guess-brake.ts'
import { isNamespaceName, toNamespaceName } from '../model/namespace.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { inTurn, verifyPassword } from '../secrets/password.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied } from '../shared/errors.ts'
import { findPersonWithPassword } from './person-store.ts'
import type { UnauthenticatedContext } from './reject-secret.ts'

/** The person with this username and password, and the hash of the password. */
export interface VerifiedPerson {
  readonly person: Person
  readonly passwordHash: string
}

/**
 * The person with this username, in upper or lower case, and password. Null if the username is unknown, the password is
 * wrong, or `mayUse` forbids it; all three take the same time, count as failures, and are recorded for the account.
 * Throws `Denied` (TOO_MANY_REQUESTS).
 */
export async function verifyPersonPassword(
  context: UnauthenticatedContext,
  { username: typedName, password }: { readonly username: string; readonly password: string },
  mayUse: (person: Person) => boolean,
): Promise<VerifiedPerson | null> {
  const username = toNamespaceName(typedName)
  requireAttemptsLeft(context, username)
  const found = isNamespaceName(username) ? await findPersonWithPassword(context.em, username) : null
  const isAllowed = found !== null && mayUse(found.person)
  const passwordHash = found?.passwordHash ?? null
  const isCorrect = await guessPassword(context, { username, password, passwordHash, mayUsePassword: isAllowed })
  if (found !== null && isCorrect && isAllowed) return found
  const reason = found !== null && isCorrect ? 'SSO_REQUIRED' : 'WRONG_PASSWORD'
  context.refusals.note(context, { subject: { name: username }, reason })
  return null
}

/** A password that a client sent for an account. */
export interface Guess {
  /** As it was sent, whether an account has it or not. */
  readonly username: string
  readonly password: string
  /** Null: no account has this name. */
  readonly passwordHash: string | null
  /**
   * False: a correct password is rejected, too. It counts as a failure, or the budget would disclose that it is
   * correct.
   */
  readonly mayUsePassword: boolean
}

/**
 * Whether a password is correct. A failure is counted before the password is verified, also for unknown names, and
 * given back if it is correct. Throws `Denied` (TOO_MANY_REQUESTS) after too many failures, or if too many requests
 * wait.
 */
export async function guessPassword(context: UnauthenticatedContext, guess: Guess): Promise<boolean> {
  const { guesses, limits } = context
  const { network, atNetwork, ofAccount, ofOthers } = chargesOf(context, guess.username)
  requireAttemptsLeft(context, guess.username)
  try {
    // In one turn, so that of correct passwords that are sent at once, at most two count as failures.
    return await inTurn(network, guesses.hasProved(atNetwork), async () => {
      const left = await guesses.charge([...ofAccount, ...ofOthers], allowance)
      const isCorrect = await verifyPassword(guess.password, guess.passwordHash)
      if (isCorrect && guess.mayUsePassword) {
        guesses.rememberProof(atNetwork)
        await guesses.giveBack(ofOthers, ofAccount)
      } else limits.note(left)
      return isCorrect
    })
  } catch (error) {
    throw noteDenial(context, guess.username, error)
  }
}

/**
 * Throws `Denied` (TOO_MANY_REQUESTS) if attempts at this name from this network were denied a moment ago. Sends no
 * statement, so it comes before the lookup of the account.
 */
function requireAttemptsLeft(context: UnauthenticatedContext, username: string): void {
  const { ofAccount, ofOthers } = chargesOf(context, username)
  try {
    context.guesses.requireNoDenial([...ofAccount, ...ofOthers])
  } catch (error) {
    throw noteDenial(context, username, error)
  }
}

function chargesOf({ origin }: Pick<RequestContext, 'origin'>, username: string) {
  const network = clientNetwork(origin.ipAddress)
  const account = accountKey(username)
  const atNetwork = `${network} ${account}`
  return {
    network,
    atNetwork,
    ofAccount: [passwordsOfAccount, passwordsOfAccountInADay].map((budget) => ({ budget, subject: atNetwork })),
    ofOthers: [
      { budget: passwordsOfNetwork, subject: network },
      { budget: passwordsFromAnywhere, subject: account },
    ],
  }
}

/** Records an attempt that was denied because a budget is used up. Returns the error. */
function noteDenial(context: UnauthenticatedContext, username: string, error: unknown): unknown {
  if (error instanceof Denied && error.wait !== null && error.wait.limits.length > 0)
    context.refusals.note(context, { subject: { name: username }, reason: 'TOO_MANY_FAILURES' })
  return error
}

/** The name of an account. A text that cannot be a name is counted by its digest, because it may be long. */
function accountKey(username: string): string {
  const name = toNamespaceName(username)
  return isNamespaceName(name) ? name : createHash('sha256').update(username).digest('base64url')
}

/** Failures from anywhere lower the number of allowed failures per network. By themselves they deny nobody. */
const allowance: Allowance = ([, , , fromAnywhere]) => {
  const isAttacked = fromAnywhere !== undefined && fromAnywhere.failures > passwordsFromAnywhere.failures
  return [
    isAttacked ? failuresUnderAttack : passwordsOfAccount.failures,
    passwordsOfAccountInADay.failures,
    passwordsOfNetwork.failures,
    Number.POSITIVE_INFINITY,
  ]
}
