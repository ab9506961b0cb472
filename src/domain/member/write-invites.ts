import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { Invite, inviteLifetimeSeconds } from '../model/invite.ts'
import { type OrganizationRole, organizationRoles } from '../model/membership.ts'
import { mayAppointOwners } from '../policy/policy.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { newId } from '../shared/id.ts'
import { kysely } from '../sql/tables.ts'
import { type InviteRow, selectInvites } from './find-invite.ts'
import type { Invitee } from './resolve-invitees.ts'

/** What each of several invites is into. */
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
 * Makes or renews invites, in a transaction in which the organization is locked. As many statements for fifty as for one. To who
 * may not appoint owners, none comes back for whom the open invite makes an owner: it stays as it is.
 */
export async function writeInvites(
  context: RequestContext,
  em: EntityManager,
  { organizationId, role, groupId }: InviteTerms,
  invitees: readonly Invitee[],
): Promise<WrittenInvite[]> {
  if (invitees.length === 0) return []
  // An expired invite is none: who had one is invited anew.
  await em.nativeDelete(Invite, { organization: organizationId, expiresAt: { $lte: context.now } })
  const rows = invitees.map(({ userId, email }) => ({
    organization_id: organizationId,
    id: newId('inv', context.now),
    user_id: userId,
    email,
    role,
    group_id: groupId,
    invited_by_id: actingPerson(context.principal)?.user.id ?? null,
    created_at: context.now,
    expires_at: new Date(context.now.getTime() + inviteLifetimeSeconds * 1000),
  }))
  const renewable = mayAppointOwners(context.principal, organizationId) ? organizationRoles : belowOwners
  const [forPeople, forAddresses] = [rows.filter((row) => row.email === null), rows.filter((row) => row.email !== null)]
  const made = new Set(rows.map(({ id }) => id))
  const ids = [
    ...(await upsert(em, forPeople, 'user_id', renewable)),
    ...(await upsert(em, forAddresses, 'lower(email)', renewable)),
  ]
  const invites = await selectInvites(kysely(em))
    .where('i.organization_id', '=', organizationId)
    .where('i.id', '=', sql<string>`any(${ids})`)
    .execute()
  return invites.map((invite) => ({ invite, isRenewed: !made.has(invite.id) }))
}

const belowOwners = organizationRoles.filter((role) => role !== 'OWNER')

interface NewInvite {
  readonly organization_id: string
  readonly id: string
  readonly user_id: string | null
  readonly email: string | null
  readonly role: OrganizationRole
  readonly group_id: string | null
  readonly invited_by_id: string | null
  readonly created_at: Date
  readonly expires_at: Date
}

/** Inserts, and updates what stands for the same invitee with one of these roles; answers the ids. */
async function upsert(
  em: EntityManager,
  rows: readonly NewInvite[],
  key: 'user_id' | 'lower(email)',
  renewable: readonly OrganizationRole[],
): Promise<string[]> {
  if (rows.length === 0) return []
  const written = await kysely(em)
    .insertInto('invite')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .expression(sql`organization_id, ${sql.raw(key)}`)
        .where(key === 'user_id' ? 'user_id' : 'email', 'is not', null)
        .doUpdateSet(({ ref }) => ({
          email: ref('excluded.email'),
          role: ref('excluded.role'),
          group_id: ref('excluded.group_id'),
          invited_by_id: ref('excluded.invited_by_id'),
          expires_at: ref('excluded.expires_at'),
        }))
        .where('invite.role', 'in', renewable),
    )
    .returning('id')
    .execute()
  return written.map(({ id }) => id)
}
