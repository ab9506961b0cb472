import { guessPassword } from '../identity/guess-password.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import { User } from '../model/user.ts'
import type { Call } from '../policy/call.ts'
import { requirePerson } from '../policy/require.ts'
import { hashPassword } from '../secrets/password.ts'
import { checkPassword } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Faults, refuse } from '../shared/errors.ts'

export interface ChangePasswordInput {
  readonly currentPassword: string
  readonly newPassword: string
}

/**
 * Changes the caller's own password and ends all their other sessions: whoever knew the old one is out.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, TOO_MANY_REQUESTS) and `InputRefused` (INVALID, SIGN_IN_FAILED).
 */
export async function changePassword(call: Call, input: ChangePasswordInput): Promise<void> {
  const { user: person, sessionId } = requirePerson(call.principal)
  const faults = new Faults()
  checkPassword(input.newPassword, call.settings.tokenBrand, ['input', 'newPassword'], faults)
  faults.refuseIfAny()

  const user = await call.em.findOneOrFail(User, { id: person.id }, { populate: ['passwordHash'] })
  const currentHash = user.passwordHash
  const guess = { username: person.username, password: input.currentPassword, passwordHash: currentHash }
  if (!(await guessPassword(call, { ...guess, mayUsePassword: true })))
    refuse('SIGN_IN_FAILED', ['input', 'currentPassword'], 'This is not your current password. Try again.')

  const passwordHash = await hashPassword(input.newPassword, clientNetwork(call.origin.ipAddress))
  await call.em.transactional(async (em) => {
    // Of two changes at once from the same old password, only the first counts.
    const changed = await em.nativeUpdate(User, { id: person.id, passwordHash: currentHash }, { passwordHash })
    if (changed === 0)
      refuse(
        'SIGN_IN_FAILED',
        ['input', 'currentPassword'],
        'Your password has just been changed elsewhere. Try again.',
      )
    await em.nativeDelete(Session, { user: person.id, id: { $ne: sessionId } })
    recordActivity(call, em, { namespaceId: person.id, action: 'user.password_change', target: person.username })
  })
}
