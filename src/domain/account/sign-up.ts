import { recordActivity } from '../journal/record-activity.ts'
import { newDisplayNameInput } from '../model/display-name.ts'
import { emailAddressInput } from '../model/email-address.ts'
import { namespaceNameInput } from '../model/namespace.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import type { LongRequestContext } from '../policy/request-context.ts'
import { hashPassword } from '../secrets/password.ts'
import { passwordInput } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { parseInput } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { createUser } from './create-user.ts'
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

  const passwordHash = await hashPassword(password, clientNetwork(context.origin.ipAddress))
  // Passwords are hashed in turns, so this may have taken seconds.
  if (!allowSignUp) requireAdministrator(await context.reauthenticate())
  const newUser = { username, email, displayName: displayName ?? username, passwordHash, isAdministrator: false }
  try {
    return await context.em.transactional(async (em) => {
      const user = await createUser(em, newUser, context.now)
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

function requireAdministrator(principal: Principal): void {
  if (!isAdministrator(principal))
    throw new Denied('FORBIDDEN', 'Sign-up is closed here. Ask an administrator to create an account for you.')
}

function throwTaken(member: string, name: string): never {
  throwInvalid('TAKEN', ['input', member], `This ${name} is in use. Choose another.`)
}
