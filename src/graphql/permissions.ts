import {
  effectiveRole,
  isAdministrator,
  mayInOrganization,
  mayManageTokens,
  type OrganizationPermission,
} from '../domain/access/policy.ts'
import {
  type OrganizationTokenPrincipal,
  type Principal,
  personBehind,
  standingByName,
} from '../domain/access/principal.ts'
import { tokenForbidden, tokenLacks, unauthenticated } from '../domain/access/require.ts'
import { notAllowedIn, ownersOnly } from '../domain/account/require-organization.ts'
import { Denied } from '../domain/errors.ts'
import { allow, rule } from './shield.ts'

/*
 * Who may call what. Every root field stands here; what does not is denied. The rules look at the principal and the
 * arguments only. Each verb asks the policy again, which also decides what a rule cannot know without a look at the
 * database: whose token an id names, and that what a caller may not know of answers like what does not exist.
 */

type Guard = (principal: Principal, args: never, parent: never) => true | Denied

const guard = (check: Guard) =>
  rule({ cache: 'no_cache' })((parent, args, { principal }) => check(principal, args as never, parent as never))

const anyone = allow
const signedIn = guard((principal) => principal.kind !== 'ANONYMOUS' || unauthenticated())
const person = guard((principal) => asPerson(principal))
const personOrToken = guard((principal) => personBehind(principal) !== null || asPerson(principal))
const administrator = guard((principal) => asPerson(principal, isAdministrator(principal) || administratorsOnly()))
const ownerOfAny = guard((principal) => asPerson(principal, ownsSome(principal) || ownersOfSomeOnly()))
const ownerOf = (nameIn: (args: never) => string) =>
  guard((principal, args) => asPerson(principal, ownsOrIsUnaware(principal, nameIn(args))))
const tokenManager = guard(
  (principal, _args, { id, name }: { id: string; name: string }) =>
    mayManageTokens(principal, id) || ownersOnly(principal, name),
)
const personOrTokenWith = (permission: OrganizationPermission) =>
  guard((principal) => (isOrganizationToken(principal) ? holds(principal, permission) : asPerson(principal)))
const ownerOrTokenWith = (permission: OrganizationPermission, nameIn: (args: never) => string) =>
  guard((principal, args) =>
    isOrganizationToken(principal)
      ? holds(principal, permission)
      : asPerson(principal, ownsOrIsUnaware(principal, nameIn(args))),
  )
const memberEditor = guard((principal, { organization, username }: { organization: string; username: string }) =>
  isOrganizationToken(principal)
    ? holds(principal, 'MEMBER_EDIT')
    : asPerson(principal, isThemself(principal, username) || ownsOrIsUnaware(principal, organization)),
)
const reader = (permission: OrganizationPermission) =>
  guard(
    (principal, _args, { id, name }: { id: string; name: string }) =>
      mayInOrganization(principal, id, permission) || notAllowedIn(principal, name, permission),
  )

export const permissions = {
  Query: {
    '*': guard(() => new Denied('FORBIDDEN', 'Nobody may ask this.')),
    viewer: anyone,
    availablePermissions: anyone,
    repository: anyone,
    node: anyone,
    organization: signedIn,
    accessToken: signedIn,
    user: personOrToken,
  },
  Mutation: {
    '*': guard(() => new Denied('FORBIDDEN', 'Nobody may do this.')),
    signUp: anyone,
    signIn: anyone,
    signOut: person,
    changePassword: person,
    createOrganization: person,
    updateOrganization: ownerOf(({ organization }: { organization: string }) => organization),
    changeOrganizationPlan: administrator,
    createRepository: person,
    updateRepository: person,
    deleteRepository: person,
    generateOrganizationToken: ownerOf(({ input }: { input: { organization: string } }) => input.organization),
    updateToken: ownerOfAny,
    deactivateToken: ownerOfAny,
    activateToken: ownerOfAny,
    deleteToken: ownerOfAny,
    inviteMembers: ownerOrTokenWith(
      'INVITE_EDIT',
      ({ input }: { input: { organization: string } }) => input.organization,
    ),
    acceptInvite: person,
    cancelInvite: personOrTokenWith('INVITE_EDIT'),
    changeMemberRole: memberEditor,
    removeMember: memberEditor,
  },
  Organization: {
    '*': anyone,
    accessTokens: tokenManager,
    tokenLimit: tokenManager,
    members: reader('MEMBER_READ'),
    invites: reader('INVITE_READ'),
  },
}

function asPerson(principal: Principal, otherwise: true | Denied = true): true | Denied {
  if (principal.kind === 'SESSION') return otherwise
  return principal.kind === 'ANONYMOUS' ? unauthenticated() : tokenForbidden()
}

function isOrganizationToken(principal: Principal): principal is OrganizationTokenPrincipal {
  return principal.kind === 'ORGANIZATION_TOKEN'
}

// In another organization than its own, the verb tells a token what it tells of one that nobody has.
function holds(principal: OrganizationTokenPrincipal, permission: OrganizationPermission): true | Denied {
  return mayInOrganization(principal, principal.organization.id, permission) || tokenLacks(permission)
}

// Whoever is no member of the organization, the verb refuses.
function isThemself(principal: Principal, username: string): boolean {
  return principal.kind === 'SESSION' && principal.user.username === username
}

function ownsSome(principal: Principal): boolean {
  return (
    principal.kind === 'SESSION' &&
    [...principal.standings.values()].some((standing) => effectiveRole(standing) === 'OWNER')
  )
}

// Those who do not know the organization pass: the verb tells them what it tells of a name that nobody has.
function ownsOrIsUnaware(principal: Principal, organizationName: string): true | Denied {
  const role = effectiveRole(standingByName(principal, organizationName))
  return role === null || role === 'OWNER' || ownersOnly(principal, organizationName)
}

function administratorsOnly(): Denied {
  return new Denied('FORBIDDEN', 'Only administrators of this installation may do this. Ask one of them.')
}

function ownersOfSomeOnly(): Denied {
  return new Denied('FORBIDDEN', 'Only owners of an organization manage access tokens. Ask one of yours.')
}
