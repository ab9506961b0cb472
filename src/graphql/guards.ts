import { notAllowedIn, ownersOnly } from '../domain/account/require-organization.ts'
import type { GroupRow } from '../domain/group/group-store.ts'
import { groupReadersOnly } from '../domain/group/require-group.ts'
import {
  hasOrganizationPermission,
  isAdministrator,
  mayEditOrganization,
  mayManageTokens,
  type OrganizationPermission,
} from '../domain/policy/policy.ts'
import { type Principal, personBehind } from '../domain/policy/principal.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../domain/policy/require.ts'
import { mayReadItself } from '../domain/policy/token-policy.ts'
import { Denied } from '../domain/shared/errors.ts'
import { allow, rule } from './shield.ts'

/*
 * Guards of the table in permissions.ts that look nothing up. They check the principal, or the parent of a field.
 */

type Guard = (principal: Principal, args: never, parent: never) => true | Denied

const guard = (check: Guard) =>
  rule({ cache: 'no_cache' })((parent, args, { principal }) => check(principal, args as never, parent as never))

export const anyone = allow
export const nobody = guard(() => new Denied('FORBIDDEN', 'Nobody is allowed to do this.'))
export const signedIn = guard((principal) => principal.kind !== 'ANONYMOUS' || unauthenticated())
export const person = guard((principal) => asPerson(principal))
export const personOrDevice = guard((principal) => isDevice(principal) || asPerson(principal))
export const personOrPersonalToken = guard((principal) => personBehind(principal) !== null || asPerson(principal))
export const administrator = guard((principal) =>
  asPerson(principal, isAdministrator(principal) || administratorsOnly()),
)

// Guards of the fields that are about the organization token of the request. They are null for other callers.
export const readsItself = guard(
  (principal) => principal.kind !== 'ORGANIZATION_TOKEN' || mayReadItself(principal) || tokenLacks('TOKEN_READ'),
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

function isDevice(principal: Principal): boolean {
  return principal.kind === 'PERSONAL_TOKEN' && principal.token.sessionId !== null
}

function administratorsOnly(): Denied {
  return new Denied('FORBIDDEN', 'Only administrators of this installation are allowed to do this. Ask one of them.')
}

function ownOnly(principal: Principal): true | Denied {
  return asPerson(principal, new Denied('FORBIDDEN', 'People can see only their own access tokens.'))
}
