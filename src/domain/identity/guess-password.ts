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
import type { RequestContext } from '../policy/request-context.ts'
import { inTurn, verifyPassword } from '../secrets/password.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied } from '../shared/errors.ts'

/** A password that somebody says is that of an account. */
export interface Guess {
  /** The name as it was given, whether anybody has it or not. */
  readonly username: string
  readonly password: string
  /** Null: nobody has this name. */
  readonly passwordHash: string | null
  /** False: the right password is rejected, too, so it counts as a failure; what is left would tell it from a wrong one. */
  readonly mayUsePassword: boolean
}

/**
 * Whether a password fits. Failures are counted before the password is looked at, the same for names that nobody has, and
 * given back when it fits. Throws `Denied` (TOO_MANY_REQUESTS) when there were too many, or too many people are waiting.
 */
export async function guessPassword(context: Omit<RequestContext, 'principal'>, guess: Guess): Promise<boolean> {
  const { guesses, limits } = context
  const { network, atNetwork, ofAccount, ofOthers } = chargesOf(context, guess.username)
  requireAttemptsLeft(context, guess.username)
  try {
    // All of it in one turn, so that right passwords that come at the same time count as failures for two of them at most.
    return await inTurn(network, guesses.hasProved(atNetwork), async () => {
      const left = await guesses.charge([...ofAccount, ...ofOthers], allowance)
      const fits = await verifyPassword(guess.password, guess.passwordHash)
      if (fits && guess.mayUsePassword) {
        guesses.rememberProof(atNetwork)
        await guesses.giveBack(ofOthers, ofAccount)
      } else limits.note(left)
      return fits
    })
  } catch (error) {
    throw noteDenial(context, guess.username, error)
  }
}

/**
 * Throws `Denied` (TOO_MANY_REQUESTS) where attempts at this name from this network were denied a moment ago. Costs no statement,
 * so it comes before the account is looked up.
 */
export function requireAttemptsLeft(context: Omit<RequestContext, 'principal'>, username: string): void {
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
function noteDenial(context: Omit<RequestContext, 'principal'>, username: string, error: unknown): unknown {
  if (error instanceof Denied && error.wait !== null && error.wait.limits.length > 0)
    context.refusals.note(context, { subject: { name: username }, reason: 'TOO_MANY_FAILURES' })
  return error
}

/** A name in one form. What no account can be named is counted by its digest: it may be long. */
function accountKey(username: string): string {
  const name = toNamespaceName(username)
  return isNamespaceName(name) ? name : createHash('sha256').update(username).digest('base64url')
}

/** What failures from anywhere do is to make those of one network fewer; by themselves they deny nobody. */
const allowance: Allowance = ([, , , fromAnywhere]) => {
  const isAttacked = fromAnywhere !== undefined && fromAnywhere.failures > passwordsFromAnywhere.failures
  return [
    isAttacked ? failuresUnderAttack : passwordsOfAccount.failures,
    passwordsOfAccountInADay.failures,
    passwordsOfNetwork.failures,
    Number.POSITIVE_INFINITY,
  ]
}
