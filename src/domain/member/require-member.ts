import type { EntityManager } from '@mikro-orm/postgresql'
import { notAllowedIn, requireOrganization } from '../account/require-organization.ts'
import type { OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { hasOrganizationPermission, mayChangeMember } from '../policy/policy.ts'
import { actingPerson, organizationAccessById } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import type { MemberRow } from './list-members.ts'

/**
 * The organization in which the caller changes this member: as one who edits members, or because they are that member
 * themself. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function requireMemberEditor(
  context: RequestContext,
  name: string,
  username: string,
): Promise<OrganizationRow> {
  const { em, principal } = context
  const organization = await requireOrganization(em, principal, name, ['organization'])
  const isThemself =
    actingPerson(principal)?.user.username === username &&
    (organizationAccessById(principal, organization.id)?.role ?? null) !== null
  if (!isThemself && !hasOrganizationPermission(principal, organization.id, 'MEMBER_EDIT'))
    throw notAllowedIn(principal, name, 'MEMBER_EDIT')
  return organization
}

/**
 * The member of that username, whom the caller may give the role `to`, or take out of the organization (null). Takes a
 * transaction in which the organization is locked: the last owner stays one, however many go at once.
 *
 * Throws `Denied` (FORBIDDEN) and `InvalidInput` (NOT_FOUND, SCOPE_NOT_ALLOWED, LAST_OWNER).
 */
export async function requireChangeableMember(
  { principal }: RequestContext,
  em: EntityManager,
  { id, name }: OrganizationRow,
  username: string,
  to: OrganizationRole | null,
): Promise<MemberRow> {
  const member =
    (await findMember(em, id, username)) ??
    throwInvalid('NOT_FOUND', ['username'], `${name} has no member of this name. Check the username.`)
  if (!mayChangeMember(principal, id, { userId: member.userId, from: member.role, to })) {
    // Of those who edit members, only tokens may do no more than that.
    if (!hasOrganizationPermission(principal, id, 'MEMBER_EDIT')) throw notAllowedIn(principal, name, 'MEMBER_EDIT')
    throwInvalid(
      'SCOPE_NOT_ALLOWED',
      [to === 'OWNER' ? 'role' : 'username'],
      'An access token makes nobody an owner, and changes no owner. Sign in as an owner.',
    )
  }
  if (member.role === 'OWNER' && to !== 'OWNER') await requireAnotherOwner(em, id, name, member)
  return member
}

async function findMember(em: EntityManager, organizationId: string, username: string): Promise<MemberRow | null> {
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

async function requireAnotherOwner(
  em: EntityManager,
  organizationId: string,
  organizationName: string,
  { userId, username }: MemberRow,
): Promise<void> {
  const another = await kysely(em)
    .selectFrom('membership')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'OWNER')
    .where('user_id', '<>', userId)
    .limit(1)
    .executeTakeFirst()
  if (another === undefined)
    throwInvalid(
      'LAST_OWNER',
      ['username'],
      `${username} is the last owner of ${organizationName}. Make somebody else an owner first.`,
    )
}
