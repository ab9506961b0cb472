import { type Kysely, sql } from 'kysely'
import type { OrganizationRole } from '../model/membership.ts'
import { type InviteFacts, maySeeInvite } from '../policy/policy.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** An invite as lists and answers need it. */
export interface InviteRow {
  readonly id: string
  readonly organizationId: string
  readonly organizationName: string
  /** The username, or the e-mail address. */
  readonly invitee: string
  readonly role: OrganizationRole
  readonly groupId: string | null
  readonly invitedById: string | null
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp
}

/** Invites as `InviteRow`s, expired ones among them. */
export function selectInvites(db: Kysely<Tables>) {
  return db
    .selectFrom('invite as i')
    .select([
      'i.id',
      'i.organization_id as organizationId',
      sql<string>`(select o.name from organization o where o.id = i.organization_id)`.as('organizationName'),
      sql<string>`coalesce(i.email, (select u.username from user_account u where u.id = i.user_id))`.as('invitee'),
      'i.role',
      'i.group_id as groupId',
      'i.invited_by_id as invitedById',
      'i.created_at as createdAt',
      'i.expires_at as expiresAt',
    ])
}

interface Wanted {
  readonly id: string
  readonly now: string
  readonly userId: string
  readonly email: string
}

const selectOpen = statement((db, value: ValueOf<Wanted>) =>
  selectInvites(db)
    .select(
      sql<boolean>`coalesce(i.user_id = ${value('userId')} or lower(i.email) = lower(${value('email')}::text), false)`.as(
        'isForCaller',
      ),
    )
    .where('i.id', '=', value('id'))
    .where('i.expires_at', '>', value('now')),
)

/** The open invite of that id, when the caller may know of it; else null, whether it exists or not. */
export async function findInvite(
  { em, principal, now }: Pick<RequestContext, 'em' | 'principal' | 'now'>,
  id: string,
): Promise<(InviteRow & InviteFacts) | null> {
  if (idPrefixOf(id) !== 'inv') return null
  const user = actingPerson(principal)?.user
  // No account has an empty address, and no person an empty id.
  const wanted = { id, now: now.toISOString(), userId: user?.id ?? '', email: user?.email ?? '' }
  const [invite] = await selectOpen(em, wanted)
  return invite !== undefined && maySeeInvite(principal, invite) ? invite : null
}
