import {
  effectiveRole,
  isAdministrator,
  mayEditOrganization,
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
import type { OrganizationRow } from '../domain/account/organization.ts'
import { ownersOnly } from '../domain/account/require-organization.ts'
import { Denied } from '../domain/errors.ts'
import type { GroupRow } from '../domain/group/find-group.ts'
import { groupReadersOnly } from '../domain/group/require-group.ts'
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
const personOrDevice = guard((principal) => isDevice(principal) || asPerson(principal))
const personOrToken = guard((principal) => personBehind(principal) !== null || asPerson(principal))
const personOrOrganizationToken = guard((principal) => principal.kind === 'ORGANIZATION_TOKEN' || asPerson(principal))
const administrator = guard((principal) => asPerson(principal, isAdministrator(principal) || administratorsOnly()))
const ownerOf = (nameIn: (args: never) => string) =>
  guard((principal, args) => asPerson(principal, ownsOrIsUnaware(principal, nameIn(args))))
const governorOf = (nameIn: (args: never) => string) =>
  guard((principal, args) =>
    asPerson(principal, isAdministrator(principal) || ownsOrIsUnaware(principal, nameIn(args))),
  )
const personOrTokenWith = (permission: OrganizationPermission) =>
  guard((principal) => (isOrganizationToken(principal) ? holds(principal, permission) : asPerson(principal)))
const ownerOrTokenWith = (permission: OrganizationPermission, nameIn: (args: never) => string) =>
  guard((principal, args) =>
    isOrganizationToken(principal)
      ? holds(principal, permission)
      : asPerson(principal, ownsOrIsUnaware(principal, nameIn(args))),
  )
const groupReader = (organizationOf: (parent: never) => string) =>
  guard(
    (principal, _args, parent) =>
      mayInOrganization(principal, organizationOf(parent), 'GROUP_READ') || groupReadersOnly(principal),
  )
const readerOfGroup = groupReader(({ organizationId }: GroupRow) => organizationId)
const tokenManager = guard(
  (principal, _args, { id, name }: { id: string; name: string }) =>
    mayManageTokens(principal, id) || ownersOnly(principal, name),
)
const organizationEditor = guard(
  (principal, _args, { id, name }: { id: string; name: string }) =>
    mayEditOrganization(principal, id) || ownersOnly(principal, name),
)

const themself = guard(
  (principal, _args, { id }: { id: string }) => mayManageTokens(principal, id) || ownOnly(principal),
)

export const permissions = {
  Query: {
    '*': guard(() => new Denied('FORBIDDEN', 'Nobody may ask this.')),
    viewer: anyone,
    availablePermissions: anyone,
    repository: anyone,
    node: anyone,
    organization: signedIn,
    company: signedIn,
    accessToken: signedIn,
    user: personOrToken,
  },
  Mutation: {
    '*': guard(() => new Denied('FORBIDDEN', 'Nobody may do this.')),
    signUp: anyone,
    signIn: anyone,
    signInDevice: anyone,
    signOut: personOrDevice,
    changePassword: person,
    createOrganization: person,
    updateOrganization: ownerOf(({ organization }: { organization: string }) => organization),
    updateOrganizationPolicy: governorOf(({ organization }: { organization: string }) => organization),
    startSsoSignIn: anyone,
    completeSsoSignIn: anyone,
    configureSso: ownerOf(({ organization }: { organization: string }) => organization),
    removeSso: ownerOf(({ organization }: { organization: string }) => organization),
    changeOrganizationPlan: administrator,
    createRepository: personOrOrganizationToken,
    updateRepository: personOrOrganizationToken,
    deleteRepository: personOrOrganizationToken,
    createCompany: administrator,
    addOrganizationToCompany: person,
    removeOrganizationFromCompany: person,
    addCompanyOwner: person,
    removeCompanyOwner: person,
    generateOrganizationToken: ownerOf(({ input }: { input: { organization: string } }) => input.organization),
    generatePersonalToken: person,
    updateToken: person,
    deactivateToken: person,
    activateToken: person,
    rotateToken: person,
    deleteToken: person,
    createGroup: ownerOrTokenWith('GROUP_EDIT', ({ input }: { input: { organization: string } }) => input.organization),
    updateGroup: personOrTokenWith('GROUP_EDIT'),
    deleteGroup: personOrTokenWith('GROUP_EDIT'),
    addGroupMember: personOrTokenWith('GROUP_EDIT'),
    removeGroupMember: personOrTokenWith('GROUP_EDIT'),
    setGroupRepositoryAccess: personOrTokenWith('GROUP_EDIT'),
  },
  Organization: {
    '*': anyone,
    accessTokens: tokenManager,
    tokenLimit: tokenManager,
    ssoProvider: organizationEditor,
    groups: groupReader(({ id }: OrganizationRow) => id),
  },
  // A group's name may show elsewhere.
  Group: { '*': anyone, members: readerOfGroup, repositories: readerOfGroup },
  User: { '*': anyone, accessTokens: themself },
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

function isDevice(principal: Principal): boolean {
  return principal.kind === 'PERSONAL_TOKEN' && principal.token.sessionId !== null
}

// Those who do not know the organization pass: the verb tells them what it tells of a name that nobody has.
function ownsOrIsUnaware(principal: Principal, organizationName: string): true | Denied {
  const role = effectiveRole(standingByName(principal, organizationName))
  return role === null || role === 'OWNER' || ownersOnly(principal, organizationName)
}

function administratorsOnly(): Denied {
  return new Denied('FORBIDDEN', 'Only administrators of this installation may do this. Ask one of them.')
}

function ownOnly(principal: Principal): true | Denied {
  return asPerson(principal, new Denied('FORBIDDEN', 'People see the access tokens of nobody but themselves.'))
}
