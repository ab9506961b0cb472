import { recordActivity } from '../journal/record-activity.ts'
import { displayNameRule } from '../model/display-name.ts'
import { parseEmailAddress } from '../model/email-address.ts'
import { checkNamespaceName } from '../model/namespace.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashPassword } from '../secrets/password.ts'
import { checkPassword } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied, InputErrors } from '../shared/errors.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { createUser } from './create-user.ts'
import { type StartedSession, startSession } from './start-session.ts'

export interface SignUpInput {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly displayName?: string | null | undefined
}

/**
 * Makes an account and signs it in. Open to everyone where sign-up is allowed, else to administrators.
 *
 * Throws `Denied` (FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID, TAKEN).
 */
export async function signUp(context: RequestContext, input: SignUpInput): Promise<StartedSession> {
  if (!context.settings.allowSignUp && !isAdministrator(context.principal))
    throw new Denied('FORBIDDEN', 'Sign-up is closed here. Ask an administrator to make you an account.')

  const errors = new InputErrors()
  checkNamespaceName(input.username, ['input', 'username'], errors)
  checkPassword(input.password, context.settings.tokenBrand, ['input', 'password'], errors)
  const email = parseEmailAddress(input.email, ['input', 'email'], errors)
  const displayName = parseOptionalText(input.displayName, displayNameRule, ['input', 'displayName'], errors)
  errors.throwIfAny()

  const passwordHash = await hashPassword(input.password, clientNetwork(context.origin.ipAddress))
  const taken = (path: string) => `This ${path} is in use. Choose another.`
  try {
    return await context.em.transactional(async (em) => {
      const user = await createUser(
        em,
        {
          username: input.username,
          email,
          displayName: displayName ?? input.username,
          passwordHash,
          isAdministrator: false,
        },
        context.now,
      )
      // Who signs up is not known yet; an administrator who does it for them is.
      const self = { actor: { kind: 'USER', id: user.id, name: user.username } } as const
      const activity = { namespaceId: user.id, action: 'user.sign_up', target: user.username } as const
      recordActivity(context, em, context.principal.kind === 'SESSION' ? activity : { ...activity, ...self })
      return startSession(context, em, user.id)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'namespace')) errors.add('TAKEN', ['input', 'username'], taken('username'))
    else if (isUniqueViolation(error, 'user_account')) errors.add('TAKEN', ['input', 'email'], taken('e-mail address'))
    else throw error
    return errors.throwIfAny() as never
  }
}
