import { guessPassword } from '../identity/guess-password.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { User } from '../model/user.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { hashPassword } from '../secrets/password.ts'
import { passwordInput } from '../secrets/password-rule.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { throwInvalid } from '../shared/errors.ts'
import { parseInput } from '../shared/input.ts'
import { deleteOtherSessions } from './session-store.ts'
import { updatePasswordHash } from './user-store.ts'

export interface ChangePasswordInput {
  readonly currentPassword: string
  readonly newPassword: string
}

/**
 * Changes the caller's own password and ends all their other sessions, because somebody may have known the old one.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID,
 * SIGN_IN_FAILED).
 */
export async function changePassword(context: RequestContext, input: ChangePasswordInput): Promise<void> {
  const { user: person, sessionId } = requirePerson(context.principal)
  const { currentPassword } = input
  const { newPassword } = parseInput({ newPassword: passwordInput(context.settings.tokenBrand) }, input)

  const user = await context.em.findOneOrFail(User, { id: person.id }, { populate: ['passwordHash'] })
  const currentHash = user.passwordHash
  const guess = { username: person.username, password: currentPassword, passwordHash: currentHash }
  if (!(await guessPassword(context, { ...guess, mayUsePassword: true }))) {
    // Somebody may have stolen the session. The person sees the attempt in their list.
    context.refusals.note(context, { subject: { namespaceId: person.id, tokenId: null }, reason: 'WRONG_PASSWORD' })
    throwWrongPassword('This is not your current password. Try again.')
  }

  const newHash = await hashPassword(newPassword, clientNetwork(context.origin.ipAddress))
  await context.em.transactional(async (em) => {
    // Of two concurrent changes from the same old password, only the first counts.
    if (!(await updatePasswordHash(em, { userId: person.id, passwordHash: currentHash }, newHash)))
      throwWrongPassword('Your password has just been changed elsewhere. Try again.')
    await deleteOtherSessions(em, person.id, sessionId)
    recordActivity(context, em, { namespaceId: person.id, action: 'user.password_change', target: person.username })
  })
}

function throwWrongPassword(message: string): never {
  throwInvalid('SIGN_IN_FAILED', ['input', 'currentPassword'], message)
}
