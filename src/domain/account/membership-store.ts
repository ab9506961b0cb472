import type { EntityManager } from '@mikro-orm/postgresql'
import { Membership, type OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { kysely } from '../sql/tables.ts'

/** Whose membership it is, and in which organization. */
export interface MembershipKey {
  readonly organizationId: string
  readonly userId: string
}

/** Adds a member. Returns false, and changes nothing, if they are one already. */
export async function insertMembership(
  em: EntityManager,
  {
    organizationId,
    userId,
    role,
    joinedAt,
  }: MembershipKey & { readonly role: OrganizationRole; readonly joinedAt: Date },
): Promise<boolean> {
  const inserted = await kysely(em)
    .insertInto('membership')
    .values({ organization_id: organizationId, user_id: userId, role, joined_at: joinedAt.toISOString() })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** The membership of a person. Throws if they are not a member. */
export function findMembership(
  em: EntityManager,
  { organizationId, userId }: MembershipKey,
): Promise<{ readonly role: OrganizationRole; readonly joinedAt: Timestamp }> {
  return kysely(em)
    .selectFrom('membership')
    .select(['role', 'joined_at as joinedAt'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
}

export async function updateMembershipRole(
  em: EntityManager,
  { organizationId, userId }: MembershipKey,
  role: OrganizationRole,
): Promise<void> {
  await em.nativeUpdate(Membership, { organization: organizationId, user: userId }, { role })
}

export async function deleteMembership(em: EntityManager, { organizationId, userId }: MembershipKey): Promise<void> {
  await em.nativeDelete(Membership, { organization: organizationId, user: userId })
}

/** Locks a member of an organization, who then cannot leave it until the transaction that `em` is in ends. */
export async function lockMember(
  em: EntityManager,
  organizationId: string,
  username: string,
): Promise<{ readonly userId: string } | null> {
  if (!isNamespaceName(username)) return null
  const member = await kysely(em)
    .selectFrom('user_account as u')
    .innerJoin('membership as m', 'm.user_id', 'u.id')
    .select('u.id as userId')
    .where('u.username', '=', username)
    .where('m.organization_id', '=', organizationId)
    .forKeyShare('m')
    .executeTakeFirst()
  return member ?? null
}

/** Adds a member of the organization to a group. Returns false, and changes nothing, if they are in it already. */
export async function insertGroupMembership(
  em: EntityManager,
  { organizationId, userId, groupId, joinedAt }: MembershipKey & { readonly groupId: string; readonly joinedAt: Date },
): Promise<boolean> {
  const inserted = await kysely(em)
    .insertInto('group_membership')
    .values({ organization_id: organizationId, group_id: groupId, user_id: userId, joined_at: joinedAt.toISOString() })
    .onConflict((conflict) => conflict.doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return inserted !== undefined
}
