import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { OrganizationRole } from '../model/membership.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type InviteRow, selectInvites } from './invite-store.ts'

/** A username or e-mail address, and the account with that username. */
export interface Candidate {
  /** Null if no account has that username. */
  readonly userId: string | null
  readonly isMember: boolean
  /** The text in lower case as the database converts it, whose index holds each address once. */
  readonly folded: string
}

const selectCandidates = statement((db, value: ValueOf<{ organizationId: string; texts: readonly string[] }>) =>
  db
    .selectFrom(
      sql<{ text: string; position: number }>`unnest(${value('texts')}::text[]) with ordinality`.as<'g'>(
        sql`g(text, position)`,
      ),
    )
    .leftJoin('user_account as u', 'u.username', 'g.text')
    .leftJoin('membership as m', (join) =>
      join.onRef('m.user_id', '=', 'u.id').on('m.organization_id', '=', value('organizationId')),
    )
    .select([
      'u.id as userId',
      sql<boolean>`m.user_id is not null`.as('isMember'),
      sql<string>`lower(g.text)`.as('folded'),
    ])
    .orderBy('g.position'),
)

/** A candidate for each text, in the same order. One statement. */
export function findCandidates(
  em: EntityManager,
  organizationId: string,
  texts: readonly string[],
): Promise<Candidate[]> {
  return selectCandidates(em, { organizationId, texts })
}

export interface NewInvite {
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

/**
 * Inserts invites. If there is an invite for the same person or address with one of the `renewable` roles, updates it
 * instead. Returns the ids of the inserted and updated invites. At most two statements.
 */
export async function insertOrRenewInvites(
  em: EntityManager,
  invites: readonly NewInvite[],
  renewable: readonly OrganizationRole[],
): Promise<string[]> {
  const forPeople = invites.filter(({ email }) => email === null)
  const forAddresses = invites.filter(({ email }) => email !== null)
  return [
    ...(await upsert(em, forPeople, 'user_id', renewable)),
    ...(await upsert(em, forAddresses, 'lower(email)', renewable)),
  ]
}

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

export function findInvitesById(
  em: EntityManager,
  organizationId: string,
  ids: readonly string[],
): Promise<InviteRow[]> {
  return selectInvites(kysely(em))
    .where('i.organization_id', '=', organizationId)
    .where('i.id', '=', sql<string>`any(${ids})`)
    .execute()
}
