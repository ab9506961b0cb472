import { recordActivity } from '../journal/record-activity.ts'
import { Invite } from '../model/invite.ts'
import type { Call } from '../policy/call.ts'
import { refuseUnknownInvite, requireCancellableInvite } from './require-invite.ts'

/**
 * Takes an invite back. Whom it is for declines it by this.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function cancelInvite(call: Call, id: string): Promise<void> {
  const invite = await requireCancellableInvite(call, id)
  await call.em.transactional(async (em) => {
    if ((await em.nativeDelete(Invite, { id })) === 0) refuseUnknownInvite()
    recordActivity(call, em, {
      namespaceId: invite.organizationId,
      action: 'invite.cancel',
      target: invite.invitee,
      data: { role: invite.role },
    })
  })
}
