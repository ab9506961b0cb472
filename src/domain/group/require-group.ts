import type { EntityManager } from '@mikro-orm/postgresql'
import { ownersOnly } from '../account/require-organization.ts'
import { Group } from '../model/group.ts'
import { hasOrganizationPermission } from '../policy/policy.ts'
import { organizationAccessById, type Principal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { lockEntity } from '../sql/lock-entity.ts'

/**
 * The group of that id, locked, when the caller may see it. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for a personal
 * token) and `InvalidInput` (NOT_FOUND at `path`), the same for one that does not exist and one that the caller may not
 * know of.
 */
export async function lockVisibleGroup(
  context: RequestContext,
  em: EntityManager,
  id: string,
  path: readonly string[],
): Promise<Group> {
  const { principal } = context
  if (principal.kind === 'ANONYMOUS') throw unauthenticated()
  if (principal.kind === 'PERSONAL_TOKEN') throw tokenForbidden()
  const group = await lockEntity(em, Group, 'grp', id)
  if (group === null || !hasOrganizationPermission(principal, group.organization, 'GROUP_READ'))
    throwInvalid('NOT_FOUND', path, 'There is no group of this id that you can see. Check the id.')
  return group
}

/** As `lockVisibleGroup`; throws `Denied` (FORBIDDEN) also where the caller sees the group and may not edit it. */
export async function lockGroup(
  context: RequestContext,
  em: EntityManager,
  id: string,
  path: readonly string[],
): Promise<Group> {
  const group = await lockVisibleGroup(context, em, id, path)
  const access = organizationAccessById(context.principal, group.organization)
  requireGroupEditor(context.principal, { id: group.organization, name: access?.organization.name ?? '' })
  return group
}

/** Throws `Denied` (FORBIDDEN) unless the principal edits the groups of an organization that they know. */
export function requireGroupEditor(
  principal: Principal,
  organization: { readonly id: string; readonly name: string },
): void {
  if (hasOrganizationPermission(principal, organization.id, 'GROUP_EDIT')) return
  if (principal.kind === 'ORGANIZATION_TOKEN') throw tokenLacks('GROUP_EDIT')
  throw principal.kind === 'PERSONAL_TOKEN' ? tokenForbidden() : ownersOnly(principal, organization.name)
}

/** The answer to those who know an organization and may not see its groups. */
export function groupReadersOnly(principal: Principal): Denied {
  if (principal.kind === 'ORGANIZATION_TOKEN') return tokenLacks('GROUP_READ')
  return new Denied(
    'FORBIDDEN',
    'Only members of the organization, and owners of its company, see its groups. Ask one of them.',
  )
}
