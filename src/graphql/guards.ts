import { notAllowedIn, ownersOnly } from '../domain/account/require-organization.ts'
import type { GroupRow } from '../domain/group/group-store.ts'
import { groupReadersOnly } from '../domain/group/require-group.ts'
import {
  effectiveRole,
  hasOrganizationPermission,
  isAdministrator,
  mayEditOrganization,
  mayManageTokens,
  type OrganizationPermission,
} from '../domain/policy/policy.ts'
import {
  type OrganizationTokenPrincipal,
  organizationAccessByName,
  type Principal,
  personBehind,
} from '../domain/policy/principal.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../domain/policy/require.ts'
import { Denied } from '../domain/shared/errors.ts'
import { allow, rule } from './shield.ts'

/*
 * The guards of the table in permissions.ts. They check the principal and the arguments, or the parent object of a
 * field. They allow callers who cannot see the named resource: the verb then denies it like a missing resource.
 */

type Guard = (principal: Principal, args: never, parent: never) => true | Denied
type NameIn = (args: never) => string

/** The organization that an operation names. */
export const organizationArg = ({ organization }: { organization: string }) => organization
export const inputOrganizationArg = ({ input }: { input: { organization: string } }) => input.organization

const guard = (check: Guard) =>
  rule({ cache: 'no_cache' })((parent, args, { principal }) => check(principal, args as never, parent as never))

export const anyone = allow
export const nobody = guard(() => new Denied('FORBIDDEN', 'Nobody is allowed to do this.'))
export const signedIn = guard((principal) => principal.kind !== 'ANONYMOUS' || unauthenticated())
export const person = guard((principal) => asPerson(principal))
export const personOrDevice = guard((principal) => isDevice(principal) || asPerson(principal))
export const personOrPersonalToken = guard((principal) => personBehind(principal) !== null || asPerson(principal))
export const personOrOrganizationToken = guard((principal) => isOrganizationToken(principal) || asPerson(principal))
export const administrator = guard((principal) =>
  asPerson(principal, isAdministrator(principal) || administratorsOnly()),
)
export const ownerOf = (nameIn: NameIn) =>
  guard((principal, args) => asPerson(principal, ownsOrCannotSee(principal, nameIn(args))))
export const governorOf = (nameIn: NameIn) =>
  guard((principal, args) =>
    asPerson(principal, isAdministrator(principal) || ownsOrCannotSee(principal, nameIn(args))),
  )
export const personOrTokenWith = (permission: OrganizationPermission) =>
  guard((principal) => (isOrganizationToken(principal) ? holds(principal, permission) : asPerson(principal)))
export const ownerOrTokenWith = (permission: OrganizationPermission, nameIn: NameIn) =>
  guard((principal, args) =>
    isOrganizationToken(principal)
      ? holds(principal, permission)
      : asPerson(principal, ownsOrCannotSee(principal, nameIn(args))),
  )
export const memberEditor = guard(
  (principal, { organization, username }: { organization: string; username: string }) =>
    isOrganizationToken(principal)
      ? holds(principal, 'MEMBER_EDIT')
      : asPerson(principal, isUser(principal, username) || ownsOrCannotSee(principal, organization)),
)

// Guards of the fields of an organization, a group and a person.
type Owner = { readonly id: string; readonly name: string }
export const tokenManager = guard(
  (principal, _args, { id, name }: Owner) => mayManageTokens(principal, id) || ownersOnly(principal, name),
)
export const organizationEditor = guard(
  (principal, _args, { id, name }: Owner) => mayEditOrganization(principal, id) || ownersOnly(principal, name),
)
export const canRead = (permission: OrganizationPermission) =>
  guard(
    (principal, _args, { id, name }: Owner) =>
      hasOrganizationPermission(principal, id, permission) || notAllowedIn(principal, name, permission),
  )
export const groupReader = guard(
  (principal, _args, { organizationId }: GroupRow) =>
    hasOrganizationPermission(principal, organizationId, 'GROUP_READ') || groupReadersOnly(principal),
)
export const isSelf = guard(
  (principal, _args, { id }: { id: string }) => mayManageTokens(principal, id) || ownOnly(principal),
)

function asPerson(principal: Principal, otherwise: true | Denied = true): true | Denied {
  if (principal.kind === 'SESSION') return otherwise
  return principal.kind === 'ANONYMOUS' ? unauthenticated() : tokenForbidden()
}

function isOrganizationToken(principal: Principal): principal is OrganizationTokenPrincipal {
  return principal.kind === 'ORGANIZATION_TOKEN'
}

function isDevice(principal: Principal): boolean {
  return principal.kind === 'PERSONAL_TOKEN' && principal.token.sessionId !== null
}

function isUser(principal: Principal, username: string): boolean {
  return principal.kind === 'SESSION' && principal.user.username === username
}

function holds(principal: OrganizationTokenPrincipal, permission: OrganizationPermission): true | Denied {
  return hasOrganizationPermission(principal, principal.organization.id, permission) || tokenLacks(permission)
}

function ownsOrCannotSee(principal: Principal, organizationName: string): true | Denied {
  const role = effectiveRole(organizationAccessByName(principal, organizationName))
  return role === null || role === 'OWNER' || ownersOnly(principal, organizationName)
}

function administratorsOnly(): Denied {
  return new Denied('FORBIDDEN', 'Only administrators of this installation are allowed to do this. Ask one of them.')
}

function ownOnly(principal: Principal): true | Denied {
  return asPerson(principal, new Denied('FORBIDDEN', 'People can see only their own access tokens.'))
}
