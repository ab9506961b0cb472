import type { EntityManager } from '@mikro-orm/postgresql'
import { ownersOnly, type SeenOrganization } from '../account/require-organization.ts'
import type { Group } from '../model/group.ts'
import { hasOrganizationPermission } from '../policy/policy.ts'
import { organizationAccessById, type Principal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { lockGroup } from './group-store.ts'

/**
 * The group with that id, locked, if the caller can see it. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for a personal
 * token) and `InvalidInput` (NOT_FOUND at `path`) if it does not exist or the caller cannot see it.
 */
export async function lockVisibleGroup(
  { principal }: RequestContext,
  em: EntityManager,
  id: string,
  path: readonly string[],
): Promise<Group> {
  if (principal.kind === 'ANONYMOUS') throw unauthenticated()
  if (principal.kind === 'PERSONAL_TOKEN') throw tokenForbidden()
  const group = await lockGroup(em, id)
  requireReaderOfGroup(principal, group?.organization ?? null, path)
  return group ?? throwUnknownGroup(path)
}

/** Throws as `lockVisibleGroup`, for a group of this organization. Null means that the group does not exist. */
export function requireReaderOfGroup(
  principal: Principal,
  organizationId: string | null,
  path: readonly string[],
): asserts organizationId is string {
  if (organizationId === null || !hasOrganizationPermission(principal, organizationId, 'GROUP_READ'))
    throwUnknownGroup(path)
}

function throwUnknownGroup(path: readonly string[]): never {
  throwInvalid('NOT_FOUND', path, 'There is no group of this id that you can see. Check the id.')
}

/** As `lockVisibleGroup`. Also throws `Denied` (FORBIDDEN) if the caller can see the group but may not edit it. */
export async function lockEditableGroup(
  context: RequestContext,
  em: EntityManager,
  id: string,
  path: readonly string[],
): Promise<Group> {
  const group = await lockVisibleGroup(context, em, id, path)
  requireEditorOfGroup(context.principal, group.organization, path)
  return group
}

/** Throws as `lockEditableGroup`, for a group of this organization. Null means that the group does not exist. */
export function requireEditorOfGroup(
  principal: Principal,
  organizationId: string | null,
  path: readonly string[],
): void {
  requireReaderOfGroup(principal, organizationId, path)
  const access = organizationAccessById(principal, organizationId)
  requireGroupEditor(principal, { id: organizationId, name: access?.organization.name ?? '' })
}

/** Throws `Denied` (FORBIDDEN) unless the principal edits the groups of an organization that it can see. */
export function requireGroupEditor(principal: Principal, organization: SeenOrganization): void {
  if (hasOrganizationPermission(principal, organization.id, 'GROUP_EDIT')) return
  if (principal.kind === 'ORGANIZATION_TOKEN') throw tokenLacks('GROUP_EDIT')
  throw principal.kind === 'PERSONAL_TOKEN' ? tokenForbidden() : ownersOnly(principal, organization.name)
}

/** The denial of callers who can see an organization, but not its groups. */
export function groupReadersOnly(principal: Principal): Denied {
  if (principal.kind === 'ORGANIZATION_TOKEN') return tokenLacks('GROUP_READ')
  return new Denied(
    'FORBIDDEN',
    'Only members of the organization, and owners of its company, see its groups. Ask one of them.',
  )
}
