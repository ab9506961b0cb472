import type { OrganizationRole } from '../../src/domain/model/membership.ts'
import type { OrganizationRow } from '../../src/domain/model/organization.ts'
import { permissionDefinitions } from '../../src/domain/model/permission.ts'
import { accessPermissions, type PersonalAccess } from '../../src/domain/model/personal-access.ts'
import type { ScopeKind, TokenScope } from '../../src/domain/model/scope.ts'
import type { OrganizationAccess, Person, Principal } from '../../src/domain/policy/principal.ts'

export const acme: OrganizationRow = {
  id: 'org_acme',
  name: 'acme',
  displayName: 'Acme',
  plan: 'TEAM',
  createdAt: '2026-01-01T00:00:00.000Z',
  companyId: 'com_holding',
  maxTokenLifetimeDays: null,
  allowTokenReactivation: false,
  allowTokenSelfRotation: false,
  ssoEnforced: false,
  emailNotices: true,
}

/** The repository that the token `named` names. */
export const namedRepositoryId = 'rep_private'

/** A person with this role in acme; null for an owner of its company who is not a member. */
export function person(id: string, role?: OrganizationRole | null, organization = acme): Person {
  const access: OrganizationAccess[] = role === undefined ? [] : [{ organization, role, ownsCompany: role === null }]
  return {
    user: { id, username: id, displayName: id, email: null, isAdministrator: false, createdAt: acme.createdAt },
    organizationAccess: new Map(access.map((each) => [each.organization.id, each])),
  }
}

const owner = person('usr_owner', 'OWNER')
const token = { id: 'tok_1', label: 'ci', secretId: 'sec_1', everUsed: true }

function session(of: Person): Principal {
  return { kind: 'SESSION', sessionId: 'ses_1', ...of }
}

function scope(kind: ScopeKind, permissions: TokenScope['permissions']): TokenScope {
  return { kind, repositoryId: kind === 'NAMED_REPOSITORY' ? namedRepositoryId : null, path: 'any', permissions }
}

function personalToken(access: PersonalAccess, kind: ScopeKind): Principal {
  const scopes = [scope(kind, accessPermissions[access])]
  return { kind: 'PERSONAL_TOKEN', token: { ...token, access, sessionId: null }, scopes, ...owner }
}

function organizationToken(id: string, ...scopes: TokenScope[]): Principal {
  const organization = { id, name: id, plan: 'TEAM' } as const
  return { kind: 'ORGANIZATION_TOKEN', token: { ...token, pullLimit: null }, organization, scopes }
}

const every = [
  scope('ALL_REPOSITORIES', ['IMAGE_DELETE', 'REPOSITORY_ADMIN']),
  scope(
    'ORGANIZATION',
    permissionDefinitions.flatMap(({ permission, resource }) => (resource === 'ORGANIZATION' ? [permission] : [])),
  ),
]

/** The columns of the tables. Personal tokens are of the owner; organization tokens are of acme, except `foreign`. */
export const principals = {
  anonymous: { kind: 'ANONYMOUS' },
  administrator: session({
    ...person('usr_administrator'),
    user: { ...person('usr_administrator').user, isAdministrator: true },
  }),
  owner: session(owner),
  editor: session(person('usr_editor', 'EDITOR')),
  member: session(person('usr_member', 'MEMBER')),
  company: session(person('usr_company', null)),
  stranger: session(person('usr_stranger')),
  password: { kind: 'PASSWORD', ...owner },
  reach: personalToken('READ_WRITE_DELETE', 'REACHABLE_REPOSITORIES'),
  write: personalToken('READ_WRITE', 'REACHABLE_REPOSITORIES'),
  read: personalToken('READ', 'REACHABLE_REPOSITORIES'),
  open: personalToken('PUBLIC_READ', 'PUBLIC_REPOSITORIES'),
  named: personalToken('READ_WRITE', 'NAMED_REPOSITORY'),
  bare: organizationToken(acme.id),
  full: organizationToken(acme.id, ...every),
  create: organizationToken(acme.id, scope('ORGANIZATION', ['REPOSITORY_CREATE'])),
  public: organizationToken(acme.id, scope('PUBLIC_REPOSITORIES', ['IMAGE_PULL'])),
  foreign: organizationToken('org_beta', ...every),
} as const satisfies Record<string, Principal>

export type PrincipalName = keyof typeof principals
