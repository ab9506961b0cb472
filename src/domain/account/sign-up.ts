import { signUps, takenNames } from '../guess/budgets.ts'
import type { Charge } from '../guess/failure-counter.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { newDisplayNameInput } from '../model/display-name.ts'
import { emailAddressInput } from '../model/email-address.ts'
import { namespaceNameInput } from '../model/namespace.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import type { LongRequestContext, RequestContext } from '../policy/request-context.ts'
import { hashPassword } from '../secrets/password.ts'
import { passwordInput } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied, InvalidInput, throwInvalid } from '../shared/errors.ts'
import { parseInput } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { createUser, type NewUser } from './create-user.ts'
import { type StartedSession, startSession } from './start-session.ts'

export interface SignUpInput {
  readonly username: string
  readonly email: string
  readonly password: string
  /** Null or blank means the username. */
  readonly displayName?: string | null | undefined
}

/**
 * Creates an account and starts a session for it. Open to everybody if sign-up is allowed, otherwise to administrators.
 *
 * Throws `Denied` (FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID, TAKEN).
 */
export async function signUp(context: LongRequestContext, input: SignUpInput): Promise<StartedSession> {
  const { allowSignUp, tokenBrand } = context.settings
  if (!allowSignUp) requireAdministrator(context.principal)
  const shape = {
    username: namespaceNameInput,
    password: passwordInput(tokenBrand),
    email: emailAddressInput,
    displayName: newDisplayNameInput,
  }
  const { username, password, email, displayName } = parseInput(shape, input)

  return withinBudgets(context, async () => {
    const passwordHash = await hashPassword(password, clientNetwork(context.origin.ipAddress))
    // Passwords are hashed in turns, so this may have taken seconds.
    if (!allowSignUp) requireAdministrator(await context.reauthenticate())
    return addAccount(context, { username, email, displayName: displayName ?? username, passwordHash })
  })
}

async function addAccount(context: RequestContext, account: Omit<NewUser, 'isAdministrator'>): Promise<StartedSession> {
  const { username } = account
  try {
    return await context.em.transactional(async (em) => {
      const user = await createUser(em, { ...account, isAdministrator: false }, context.now)
      // An administrator who creates the account is known; a person who signs up is not known yet.
      const self = { actor: { kind: 'USER', id: user.id, name: username } } as const
      const activity = { namespaceId: user.id, action: 'user.sign_up', target: username } as const
      recordActivity(context, em, context.principal.kind === 'SESSION' ? activity : { ...activity, ...self })
      return startSession(context, em, user.id)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'namespace')) throwTaken('username', 'username')
    if (isUniqueViolation(error, 'user_account')) throwTaken('email', 'e-mail address')
    throw error
  }
}

/**
 * Counts a sign-up against the budget of accounts of its network, or against that of names that are in use. Both are
 * counted before it is known which, so that concurrent sign-ups are no more than allowed. Administrators have no
 * budgets.
 */
async function withinBudgets(context: RequestContext, work: () => Promise<StartedSession>): Promise<StartedSession> {
  if (isAdministrator(context.principal)) return work()
  const subject = clientNetwork(context.origin.ipAddress)
  const [ofAccounts, ofNames]: [Charge, Charge] = [
    { budget: signUps, subject },
    { budget: takenNames, subject },
  ]
  context.limits.note(await context.guesses.charge([ofAccounts, ofNames]))
  try {
    const started = await work()
    await context.guesses.giveBack([ofNames])
    return started
  } catch (error) {
    await context.guesses.giveBack(error instanceof InvalidInput ? [ofAccounts] : [ofAccounts, ofNames])
    throw error
  }
}

function requireAdministrator(principal: Principal): void {
  if (!isAdministrator(principal))
    throw new Denied('FORBIDDEN', 'Sign-up is closed here. Ask an administrator to create an account for you.')
}

function throwTaken(member: string, name: string): never {
  throwInvalid('TAKEN', ['input', member], `This ${name} is in use. Choose another.`)
}
