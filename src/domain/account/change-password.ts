import { guessPassword } from '../identity/guess-password.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import { User } from '../model/user.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { hashPassword } from '../secrets/password.ts'
import { checkPassword } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'

export interface ChangePasswordInput {
  readonly currentPassword: string
  readonly newPassword: string
}

/**
 * Changes the caller's own password and ends all their other sessions: whoever knew the old one is out.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID, SIGN_IN_FAILED).
 */
export async function changePassword(context: RequestContext, input: ChangePasswordInput): Promise<void> {
  const { user: person, sessionId } = requirePerson(context.principal)
  const errors = new InputErrors()
  checkPassword(input.newPassword, context.settings.tokenBrand, ['input', 'newPassword'], errors)
  errors.throwIfAny()

  const user = await context.em.findOneOrFail(User, { id: person.id }, { populate: ['passwordHash'] })
  const currentHash = user.passwordHash
  const guess = { username: person.username, password: input.currentPassword, passwordHash: currentHash }
  if (!(await guessPassword(context, { ...guess, mayUsePassword: true }))) {
    // Somebody who has come by the session, perhaps: the person sees it among the attempts that were refused.
    context.refusals.note(context, { subject: { namespaceId: person.id, tokenId: null }, reason: 'WRONG_PASSWORD' })
    throwInvalid('SIGN_IN_FAILED', ['input', 'currentPassword'], 'This is not your current password. Try again.')
  }

  const passwordHash = await hashPassword(input.newPassword, clientNetwork(context.origin.ipAddress))
  await context.em.transactional(async (em) => {
    // Of two changes at once from the same old password, only the first counts.
    const changed = await em.nativeUpdate(User, { id: person.id, passwordHash: currentHash }, { passwordHash })
    if (changed === 0)
      throwInvalid(
        'SIGN_IN_FAILED',
        ['input', 'currentPassword'],
        'Your password has just been changed elsewhere. Try again.',
      )
    await em.nativeDelete(Session, { user: person.id, id: { $ne: sessionId } })
    recordActivity(context, em, { namespaceId: person.id, action: 'user.password_change', target: person.username })
  })
}
