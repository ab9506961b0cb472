import { recordActivity } from '../journal/record-activity.ts'
import { Invite } from '../model/invite.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireCancellableInvite, throwUnknownInvite } from './require-invite.ts'

/**
 * Takes an invite back. Whom it is for declines it by this.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function cancelInvite(context: RequestContext, id: string): Promise<void> {
  const invite = await requireCancellableInvite(context, id)
  await context.em.transactional(async (em) => {
    if ((await em.nativeDelete(Invite, { id })) === 0) throwUnknownInvite()
    recordActivity(context, em, {
      namespaceId: invite.organizationId,
      action: 'invite.cancel',
      target: invite.invitee,
      data: { role: invite.role },
    })
  })
}
