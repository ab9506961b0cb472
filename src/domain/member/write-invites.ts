import type { EntityManager } from '@mikro-orm/postgresql'
import { inviteLifetimeSeconds } from '../model/invite.ts'
import { type OrganizationRole, organizationRoles } from '../model/membership.ts'
import { mayAppointOwners } from '../policy/policy.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { secondsAfter } from '../shared/duration.ts'
import { newId } from '../shared/id.ts'
import { deleteExpiredInvites, type InviteRow } from './invite-store.ts'
import { findInvitesById, insertOrRenewInvites } from './new-invite-store.ts'
import type { Invitee } from './resolve-invitees.ts'

/** What all the invites of a request have in common. */
export interface InviteTerms {
  readonly organizationId: string
  readonly role: OrganizationRole
  readonly groupId: string | null
}

export interface WrittenInvite {
  readonly invite: InviteRow
  /** Whether there was an open one already, which keeps its id. */
  readonly isRenewed: boolean
}

/**
 * Creates or renews invites, in a transaction in which the organization is locked. The number of statements does not
 * depend on the number of invites. If the caller may not appoint owners, open invites for owners stay as they are and
 * are left out of the result.
 */
export async function writeInvites(
  context: RequestContext,
  em: EntityManager,
  { organizationId, role, groupId }: InviteTerms,
  invitees: readonly Invitee[],
): Promise<WrittenInvite[]> {
  if (invitees.length === 0) return []
  // Otherwise an expired invite would be renewed instead of replaced.
  await deleteExpiredInvites(em, organizationId, context.now)
  const rows = invitees.map(({ userId, email }) => ({
    organization_id: organizationId,
    id: newId('inv', context.now),
    user_id: userId,
    email,
    role,
    group_id: groupId,
    invited_by_id: actingPerson(context.principal)?.user.id ?? null,
    created_at: context.now,
    expires_at: secondsAfter(context.now, inviteLifetimeSeconds),
  }))
  const renewable = mayAppointOwners(context.principal, organizationId) ? organizationRoles : belowOwners
  const ids = await insertOrRenewInvites(em, rows, renewable)
  const created = new Set(rows.map(({ id }) => id))
  const invites = await findInvitesById(em, organizationId, ids)
  return invites.map((invite) => ({ invite, isRenewed: !created.has(invite.id) }))
}

const belowOwners = organizationRoles.filter((role) => role !== 'OWNER')
