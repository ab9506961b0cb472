import type { EntityManager } from '@mikro-orm/postgresql'
import { mayEditOrganization, mayGovernOrganization, mayManageTokens } from '../access/policy.ts'
import { type Principal, usedToken } from '../access/principal.ts'
import { tokenForbidden, unauthenticated } from '../access/require.ts'
import { Denied, refuse } from '../errors.ts'
import { findOrganization } from './find-organization.ts'
import type { OrganizationRow } from './organization.ts'

/**
 * The organization whose tokens the caller manages. Throws `InputRefused` (NOT_FOUND at `path`) where the caller may not
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

/** As `findOrganization`; throws `InputRefused` (NOT_FOUND) in place of null. */
export async function requireOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
  path: readonly string[],
): Promise<OrganizationRow> {
  if (principal.kind === 'ANONYMOUS') throw unauthenticated()
  return (await findOrganization(em, principal, name)) ?? refuse('NOT_FOUND', path, noSuchOrganization)
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
