import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { deleteInvite, type InviteRow } from './invite-store.ts'
import { requireCancellableInvite, throwUnknownInvite } from './require-invite.ts'

/**
 * Cancels an invite. The invitee declines it in the same way. Returns the deleted invite.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function cancelInvite(context: RequestContext, id: string): Promise<InviteRow> {
  const invite = await requireCancellableInvite(context, id)
  await context.em.transactional(async (em) => {
    if (!(await deleteInvite(em, id))) throwUnknownInvite()
    recordActivity(context, em, {
      namespaceId: invite.organizationId,
      action: 'invite.cancel',
      target: invite.invitee,
      data: { role: invite.role },
    })
  })
  return invite
}
