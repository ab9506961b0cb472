import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { Invite } from '../model/invite.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { InviteFacts } from '../policy/policy.ts'
import { maxPageSize, type PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

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

/** Invites as `InviteRow`s, also expired ones. */
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

/** A person as invites name them: by id, or by e-mail address. Empty texts match no invite. */
export interface InviteeKey {
  readonly userId: string
  readonly email: string
}

const selectOpen = statement((db, value: ValueOf<InviteeKey & { id: string; now: Timestamp }>) =>
  selectInvites(db)
    .select(
      sql<boolean>`coalesce(
        i.user_id = ${value('userId')} or lower(i.email) = lower(${value('email')}::text), false
      )`.as('isForCaller'),
    )
    .where('i.id', '=', value('id'))
    .where('i.expires_at', '>', value('now')),
)

/** The open invite with that id, and whether it is for this person. */
export async function findOpenInvite(
  em: EntityManager,
  id: string,
  caller: InviteeKey,
  now: Date,
): Promise<(InviteRow & InviteFacts) | null> {
  return (await selectOpen(em, { ...caller, id, now: now.toISOString() }))[0] ?? null
}

const selectOwn = statement((db, value: ValueOf<InviteeKey & { now: Timestamp }>) =>
  selectInvites(db)
    .where(sql<boolean>`(i.user_id = ${value('userId')} or lower(i.email) = lower(${value('email')}::text))`)
    .where('i.expires_at', '>', value('now'))
    .orderBy('i.id', 'desc')
    .limit(maxPageSize),
)

/** The open invites for a person, newest first, at most a page. */
export function listInvitesFor(em: EntityManager, invitee: InviteeKey, now: Date): Promise<InviteRow[]> {
  return selectOwn(em, { ...invitee, now: now.toISOString() })
}

/** The open invites to list, with those for owners or without. */
export interface InviteList {
  readonly organizationId: string
  readonly now: Date
  readonly withOwners: boolean
}

/** The invites on a page, newest first, and one more if the list continues. */
export function listInviteRows(em: EntityManager, list: InviteList, page: PageRequest): Promise<InviteRow[]> {
  return selectPage(selectListed(em, list), [sql.ref('i.id')], 'desc', page).execute()
}

export function countInvites(em: EntityManager, list: InviteList): Promise<number> {
  return countRows(selectListed(em, list))
}

function selectListed(em: EntityManager, { organizationId, now, withOwners }: InviteList) {
  const open = selectInvites(kysely(em))
    .where('i.organization_id', '=', organizationId)
    .where('i.expires_at', '>', now.toISOString())
  return withOwners ? open : open.where('i.role', '<>', 'OWNER')
}

/** Returns whether there was an invite with that id. */
export async function deleteInvite(em: EntityManager, id: string): Promise<boolean> {
  return (await em.nativeDelete(Invite, { id })) > 0
}

export async function deleteExpiredInvites(em: EntityManager, organizationId: string, now: Date): Promise<void> {
  await em.nativeDelete(Invite, { organization: organizationId, expiresAt: { $lte: now } })
}

const deleteForPerson = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .deleteFrom('invite')
    .where('organization_id', '=', value('organizationId'))
    .where(
      sql<boolean>`(user_id = ${value('userId')}
        or lower(email) = (select lower(u.email) from user_account u where u.id = ${value('userId')}))`,
    ),
)

/**
 * Deletes an organization's invites for a person, by username or address. After they have joined or been removed, no
 * invite may let them in again.
 */
export async function deleteInvitesFor(em: EntityManager, organizationId: string, userId: string): Promise<void> {
  await deleteForPerson(em, { organizationId, userId })
}

const deleteByInviter = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .deleteFrom('invite')
    .where('organization_id', '=', value('organizationId'))
    .where('invited_by_id', '=', value('userId')),
)

/** Deletes the invites of an inviter who may no longer invite. */
export async function deleteInvitesBy(em: EntityManager, organizationId: string, userId: string): Promise<void> {
  await deleteByInviter(em, { organizationId, userId })
}
