import type { EntityManager } from '@mikro-orm/postgresql'
import { checkOrganizationPermission, notAllowedIn, requireOrganization } from '../account/require-organization.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { hasOrganizationPermission, mayChangeMember } from '../policy/policy.ts'
import { actingPerson, organizationAccessById } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { findAnotherOwner, findMember, type MemberRow } from './member-store.ts'

/**
 * The organization in which the caller may change this member, because they edit members or are that member. Throws
 * `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function requireMemberEditor(
  { em, principal }: RequestContext,
  name: string,
  username: string,
): Promise<OrganizationRow> {
  const organization = await requireOrganization(em, principal, name, ['organization'])
  const role = organizationAccessById(principal, organization.id)?.role ?? null
  const isSelf = actingPerson(principal)?.user.username === username && role !== null
  if (!isSelf) checkOrganizationPermission(principal, organization, 'MEMBER_EDIT')
  return organization
}

/**
 * The member with that username, whom the caller may give the role `to`, or remove (null). In a transaction in which
 * the organization is locked, so that concurrent changes leave an owner.
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
    // A caller who edits members but may not change this one is a token.
    if (!hasOrganizationPermission(principal, id, 'MEMBER_EDIT')) throw notAllowedIn(principal, name, 'MEMBER_EDIT')
    throwInvalid(
      'SCOPE_NOT_ALLOWED',
      [to === 'OWNER' ? 'role' : 'username'],
      'An access token does not appoint owners and does not change them. Sign in as an owner.',
    )
  }
  if (member.role === 'OWNER' && to !== 'OWNER' && (await findAnotherOwner(em, id, member.userId)) === null)
    throwInvalid(
      'LAST_OWNER',
      ['username'],
      `${member.username} is the last owner of ${name}. Appoint another owner first.`,
    )
  return member
}
