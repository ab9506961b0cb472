import type { EntityManager } from '@mikro-orm/postgresql'
import type { OrganizationRow } from '../model/organization.ts'
import {
  hasOrganizationPermission,
  mayEditOrganization,
  mayGovernOrganization,
  mayManageTokens,
  type OrganizationPermission,
} from '../policy/policy.ts'
import { type Principal, usedToken } from '../policy/principal.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { findOrganization } from './find-organization.ts'

/**
 * The organization whose tokens the caller manages. Throws `InvalidInput` (NOT_FOUND at `path`) if the caller cannot
 * see such an organization, and `Denied` (FORBIDDEN) if they can see it but do not own it.
 */
export function requireTokenManager(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayManageTokens)
}

/** As `requireTokenManager`, for callers who change the organization's settings. */
export function requireOrganizationEditor(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayEditOrganization)
}

/** As `requireTokenManager`, for callers who choose the organization's policy and company. */
export function requireOrganizationGovernor(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayGovernOrganization)
}

/** As `requireTokenManager`, for callers with this permission in the organization, which its tokens can have too. */
export async function requireInOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
  permission: OrganizationPermission,
): Promise<OrganizationRow> {
  const organization = await requireOrganization(em, principal, name, path)
  checkOrganizationPermission(principal, organization, permission)
  return organization
}

/** An organization that the caller can see. */
export type SeenOrganization = Pick<OrganizationRow, 'id' | 'name'>

/** Throws `Denied` unless the principal has this permission in an organization that it can see. */
export function checkOrganizationPermission(
  principal: Principal,
  { id, name }: SeenOrganization,
  permission: OrganizationPermission,
): void {
  if (!hasOrganizationPermission(principal, id, permission)) throw notAllowedIn(principal, name, permission)
}

/** Throws `Denied` unless the principal changes the settings of an organization that it can see. */
export function checkOrganizationEditor(principal: Principal, { id, name }: SeenOrganization): void {
  if (!mayEditOrganization(principal, id)) throw ownersOnly(principal, name)
}

async function requireAllowed(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
  isAllowed: (principal: Principal, organizationId: string) => boolean,
): Promise<OrganizationRow> {
  const organization = await requireOrganization(em, principal, name, path)
  if (!isAllowed(principal, organization.id)) throw ownersOnly(principal, name)
  return organization
}

/** As `findOrganization`, but throws `InvalidInput` (NOT_FOUND) if it returns null. */
export async function requireOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  if (principal.kind === 'ANONYMOUS') throw unauthenticated()
  return (await findOrganization(em, principal, name)) ?? throwInvalid('NOT_FOUND', path, noSuchOrganization)
}

const noSuchOrganization = 'There is no organization of this name that you can see. Check the name.'

/** The denial of callers who can see an organization but do not own it. */
export function ownersOnly(principal: Principal, organizationName: string): Denied {
  if (usedToken(principal) !== null) return tokenForbidden()
  return new Denied(
    'FORBIDDEN',
    `Only owners of the organization ${organizationName}, and of its company, may do this. Ask one of them.`,
  )
}

/** The denial of callers who can see an organization but lack this permission in it. */
export function notAllowedIn(
  principal: Principal,
  organizationName: string,
  permission: OrganizationPermission,
): Denied {
  switch (principal.kind) {
    case 'ORGANIZATION_TOKEN':
      return tokenLacks(permission)
    case 'PERSONAL_TOKEN':
      return tokenForbidden()
    default:
      if (permission !== 'MEMBER_READ' && permission !== 'GROUP_READ') return ownersOnly(principal, organizationName)
      return new Denied(
        'FORBIDDEN',
        `Only members of the organization ${organizationName}, and owners of its company, may see this. Ask one ` +
          'of them.',
      )
  }
}
