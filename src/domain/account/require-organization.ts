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
 * The organization whose tokens the caller manages. Throws `InvalidInput` (NOT_FOUND at `path`) where the caller may not
 * know of such an organization, `Denied` (FORBIDDEN) where they know it and are no owner.
 */
export function requireTokenManager(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayManageTokens)
}

/** As `requireTokenManager`, for those who change the organization's settings. */
export function requireOrganizationEditor(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayEditOrganization)
}

/** As `requireTokenManager`, for those who choose the organization's policy and company. */
export function requireOrganizationGovernor(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  return requireAllowed(em, principal, name, path, mayGovernOrganization)
}

/** As `requireTokenManager`, for those who may do this in the organization, its tokens with the permission among them. */
export async function requireInOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
  permission: OrganizationPermission,
): Promise<OrganizationRow> {
  const organization = await requireOrganization(em, principal, name, path)
  if (!hasOrganizationPermission(principal, organization.id, permission))
    throw notAllowedIn(principal, name, permission)
  return organization
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

/** As `findOrganization`; throws `InvalidInput` (NOT_FOUND) in place of null. */
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

/** The answer to those who know an organization and are none of its owners. */
export function ownersOnly(principal: Principal, organizationName: string): Denied {
  if (usedToken(principal) !== null) return tokenForbidden()
  return new Denied(
    'FORBIDDEN',
    `Only owners of the organization ${organizationName}, and of its company, may do this. Ask one of them.`,
  )
}

/** The answer to those who know an organization and may not do in it what takes this permission. */
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
        `Only members of the organization ${organizationName}, and owners of its company, may see this. Ask one of them.`,
      )
  }
}
