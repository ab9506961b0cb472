import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { ListOrder, OrderedKey } from '../shared/list-order.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'

/** A person in an organization. */
export interface MemberRow {
  readonly userId: string
  readonly username: string
  readonly role: OrganizationRole
  readonly joinedAt: Timestamp
}

export async function findMember(
  em: EntityManager,
  organizationId: string,
  username: string,
): Promise<MemberRow | null> {
  if (!isNamespaceName(username)) return null
  const member = await kysely(em)
    .selectFrom('user_account as u')
    .innerJoin('membership as m', 'm.user_id', 'u.id')
    .select(['u.id as userId', 'u.username', 'm.role', 'm.joined_at as joinedAt'])
    .where('u.username', '=', username)
    .where('m.organization_id', '=', organizationId)
    .executeTakeFirst()
  return member ?? null
}

/** An owner of an organization other than this person. */
export async function findAnotherOwner(
  em: EntityManager,
  organizationId: string,
  userId: string,
): Promise<string | null> {
  const owner = await kysely(em)
    .selectFrom('membership')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'OWNER')
    .where('user_id', '<>', userId)
    .limit(1)
    .executeTakeFirst()
  return owner?.user_id ?? null
}

const selectOwned = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .selectFrom('organization as o')
    .select('o.id')
    .where('o.id', '=', value('organizationId'))
    .where((where) =>
      where.or([
        where.exists(
          where
            .selectFrom('membership as m')
            .select('m.user_id')
            .whereRef('m.organization_id', '=', 'o.id')
            .where('m.user_id', '=', value('userId'))
            .where('m.role', '=', 'OWNER'),
        ),
        where.exists(
          where
            .selectFrom('company_owner as c')
            .select('c.user_id')
            .whereRef('c.company_id', '=', 'o.company_id')
            .where('c.user_id', '=', value('userId')),
        ),
      ]),
    ),
)

/** Whether a person owns the organization or its company. */
export async function findIsOwner(em: EntityManager, organizationId: string, userId: string): Promise<boolean> {
  return (await selectOwned(em, { organizationId, userId })).length > 0
}

/** The members to list. `pattern` is for `ilike`, on username and display name. Null members do not narrow the list. */
export interface MemberList {
  readonly organizationId: string
  readonly pattern: string | null
  readonly role: OrganizationRole | null
}

/** The members on a page, by username if there is no other order, and one more if the list continues. */
export function listMemberRows(
  em: EntityManager,
  list: MemberList,
  order: ListOrder<'USERNAME' | 'JOINED_AT'> | null,
  page: PageRequest,
  start: OrderedKey | null,
): Promise<MemberRow[]> {
  // With `offset`, PostgreSQL selects the members before it sorts. Otherwise it reads all people in the order of names.
  const members = selectListed(em, list).offset(0).as('member')
  const rows = kysely(em).selectFrom(members).selectAll()
  const direction = order?.direction === 'DESC' ? 'desc' : 'asc'
  const query =
    order?.field === 'JOINED_AT'
      ? selectPage(rows, [sql.ref('joinedAt'), sql.ref('userId')], direction, page, start && [start.value, start.id])
      : selectPage(rows, [sql.ref('username')], direction, page, start && [start.value])
  return query.execute()
}

export function countMembers(em: EntityManager, list: MemberList): Promise<number> {
  return countRows(selectListed(em, list))
}

function selectListed(em: EntityManager, { organizationId, pattern, role }: MemberList) {
  let members = kysely(em)
    .selectFrom('membership as m')
    .innerJoin('user_account as u', 'u.id', 'm.user_id')
    .select(['m.user_id as userId', 'u.username', 'm.role', 'm.joined_at as joinedAt'])
    .where('m.organization_id', '=', organizationId)
  if (role !== null) members = members.where('m.role', '=', role)
  if (pattern !== null)
    members = members.where((where) =>
      where.or([where('u.username', 'ilike', pattern), where('u.display_name', 'ilike', pattern)]),
    )
  return members
}

/** A group that an invite adds people to. */
export interface GroupOfInvite {
  readonly id: string
  readonly name: string
}

/** Locks a group of the organization, which then cannot be deleted until the transaction that `em` is in ends. */
export async function lockGroupOfInvite(
  em: EntityManager,
  organizationId: string,
  groupId: string,
): Promise<GroupOfInvite | null> {
  const group = await kysely(em)
    .selectFrom('member_group')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', groupId)
    .forKeyShare()
    .executeTakeFirst()
  return group ?? null
}
