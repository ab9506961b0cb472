import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  ActivateTokenDocument,
  ChangeOrganizationPlanDocument,
  ChangePasswordDocument,
  CreateOrganizationDocument,
  CreateRepositoryDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  type Permission,
  type RepositoryVisibility,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  UpdateOrganizationDocument,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import {
  isAdministrator,
  mayEditOrganization,
  mayManageTokens,
  maySeeOrganization,
} from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import {
  mayCreateRepository,
  maySeeRepository,
  repositoryPermissions,
} from '../../src/domain/policy/repository-policy.ts'
import { type Caller, everyScope, signInAgain, userIdOf } from '../harness/callers.ts'
import { namedRepository } from './matrix-callers.ts'
import {
  forActors,
  forPeople,
  type MatrixCase,
  newName,
  on,
  organizationSubject,
  type Place,
  type RepositorySubject,
  repositoryIn,
  repositoryNamed,
  repositoryOf,
  tokenOf,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

const newAccount = () => {
  const username = newName('u')
  return { input: { username, email: `${username}@example.com`, password: 'long enough' } }
}

const sessions: readonly MatrixCase[] = [
  on('Mutation.signUp', 'where sign-up is open', {
    document: SignUpDocument,
    variables: newAccount,
    expected: () => 'yes',
  }),
  on('Mutation.signUp', 'where sign-up is closed', {
    document: SignUpDocument,
    variables: newAccount,
    client: (world, { client }) => world.closedClient(client.token),
    expected: (principal) => (isAdministrator(principal) ? 'yes' : 'forbidden'),
  }),
  on('Mutation.signIn', '', {
    document: SignInDocument,
    variables: (_, { callers }) => ({ input: callers.all.stranger.login ?? { username: '', password: '' } }),
    expected: () => 'yes',
  }),
  on('Mutation.signOut', '', {
    document: SignOutDocument,
    // The caller's own session is needed later.
    client: ({ postern }, { client, login }) => (login ? signInAgain(postern, login) : client),
    expected: (principal) => forPeople(principal, () => 'yes'),
  }),
  on('Mutation.changePassword', '', {
    document: ChangePasswordDocument,
    variables: (_, __, { login }) => {
      const password = login?.password ?? 'long enough'
      return { input: { currentPassword: password, newPassword: password } }
    },
    expected: (principal) => forPeople(principal, () => 'yes'),
  }),
]

const organizations: readonly MatrixCase[] = [
  on('Mutation.createOrganization', '', {
    document: CreateOrganizationDocument,
    variables: () => ({ input: { name: newName('o') } }),
    expected: (principal) => forPeople(principal, () => 'yes'),
    // The creator would own the organization, and the rows below need the caller unchanged.
    cleanUp: async ({ postern, acme, initech, callers }) => {
      const kept = [acme.id, initech.id, callers.globexId]
      await postern.em().nativeDelete(Membership, { organization: { $nin: kept } })
    },
  }),
  ...places((place, what) =>
    on('Mutation.updateOrganization', what, {
      document: UpdateOrganizationDocument,
      subject: (world) => organizationSubject(place(world)),
      variables: (organization) => ({ organization, input: { displayName: newName('D') } }),
      expected: (principal, { organizationId }) => ofOwners(principal, organizationId, mayEditOrganization),
    }),
  ),
  ...places((place, what) =>
    on('Mutation.changeOrganizationPlan', what, {
      document: ChangeOrganizationPlanDocument,
      subject: (world) => organizationSubject(place(world)),
      variables: (organization) => ({ organization, plan: 'BUSINESS' as const }),
      expected: (principal) => forPeople(principal, () => (isAdministrator(principal) ? 'yes' : 'forbidden')),
    }),
  ),
]

const createRepositories: readonly MatrixCase[] = [
  ...places((place, what) =>
    on('Mutation.createRepository', `in ${what}`, {
      document: CreateRepositoryDocument,
      subject: (world) => organizationSubject(place(world)),
      variables: newRepository,
      expected: (principal, { organizationId }) =>
        forActors(principal, () => ifAllowed(principal, organizationId, mayCreateRepository)),
    }),
  ),
  on('Mutation.createRepository', 'in their own namespace', {
    document: CreateRepositoryDocument,
    subject: async (_, { person }) =>
      person && {
        reference: person.username,
        missing: '',
        isKnownTo: () => true,
        userId: await userIdOf(person.client),
      },
    variables: newRepository,
    expected: (principal, { userId }) => (mayCreateRepository(principal, userId) ? 'yes' : 'forbidden'),
  }),
  on('Mutation.createRepository', "in another person's", {
    document: CreateRepositoryDocument,
    subject: async ({ initech }) => {
      const userId = await userIdOf(initech.owner)
      return { reference: 'founder', missing: 'missing', isKnownTo: () => false, userId }
    },
    variables: newRepository,
    expected: (principal, { userId }) =>
      forActors(principal, () => (mayCreateRepository(principal, userId) ? 'yes' : 'not found')),
  }),
]

// The attempts on a namespace and on one that does not exist use the same path.
function newRepository(namespace: string, _: World, { kind }: Caller) {
  return { input: { name: `${namespace}/made-by-${kind.toLowerCase()}`, visibility: 'PRIVATE' as const } }
}

const otherThan = { PUBLIC: 'PRIVATE', PRIVATE: 'PUBLIC' } as const

const changeRepositories: readonly MatrixCase[] = [
  ...onRepositories((what, subject) =>
    on('Mutation.updateRepository', `description; ${what}`, {
      document: UpdateRepositoryDocument,
      subject,
      variables: (name, _, { kind }) => ({ name, input: { description: `changed by ${kind}` } }),
      expected: (principal, found) => onRepository(principal, found, 'REPOSITORY_EDIT'),
    }),
  ),
  on('Mutation.updateRepository', 'description; private, named by tokens for one', {
    document: UpdateRepositoryDocument,
    subject: ({ acme }) => repositoryNamed(acme, namedRepository),
    variables: (name, _, { kind }) => ({ name, input: { description: `changed by ${kind}` } }),
    expected: (principal, found) => onRepository(principal, found, 'REPOSITORY_EDIT'),
  }),
  ...onRepositories((what, subject, visibility) =>
    on('Mutation.updateRepository', `visibility; ${what}`, {
      document: UpdateRepositoryDocument,
      subject,
      variables: (name) => ({ name, input: { visibility: otherThan[visibility] } }),
      expected: (principal, found) => onRepository(principal, found, 'REPOSITORY_ADMIN'),
    }),
  ),
  ...onRepositories((what, subject) =>
    on('Mutation.deleteRepository', what, {
      document: DeleteRepositoryDocument,
      subject,
      variables: (name) => ({ name }),
      expected: (principal, found) => onRepository(principal, found, 'REPOSITORY_ADMIN'),
    }),
  ),
]

const generateToken: readonly MatrixCase[] = places((place, what) =>
  on('Mutation.generateOrganizationToken', `for ${what}`, {
    document: GenerateOrganizationTokenDocument,
    subject: (world) => organizationSubject(place(world)),
    variables: (organization) => ({ input: { organization, label: 'ci', scopes: everyScope(organization) } }),
    expected: (principal, { organizationId }) => ofOwners(principal, organizationId, mayManageTokens),
  }),
)

const changeTokens: readonly MatrixCase[] = [
  ...onTokens('Mutation.updateToken', UpdateTokenDocument, (id) => ({ id, input: { label: 'changed' } })),
  ...onTokens('Mutation.deactivateToken', DeactivateTokenDocument, (id) => ({ id })),
  ...onTokens('Mutation.activateToken', ActivateTokenDocument, (id) => ({ id })),
  ...onTokens('Mutation.deleteToken', DeleteTokenDocument, (id) => ({ id })),
]

export const mutationCases: readonly MatrixCase[] = [
  ...sessions,
  ...organizations,
  ...createRepositories,
  ...changeRepositories,
  ...generateToken,
  ...changeTokens,
]

function places(define: (place: (world: World) => Place, what: string) => MatrixCase): MatrixCase[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}

/** The outcome: success for those who may, a denial for those who see the organization, NOT_FOUND for others. */
function ofOwners(
  principal: Principal,
  organizationId: string,
  may: (principal: Principal, organizationId: string) => boolean,
): Outcome {
  return forPeople(principal, () => ifAllowed(principal, organizationId, may))
}

function ifAllowed(
  principal: Principal,
  organizationId: string,
  may: (principal: Principal, organizationId: string) => boolean,
): Outcome {
  if (!maySeeOrganization(principal, organizationId)) return 'not found'
  return may(principal, organizationId) ? 'yes' : 'forbidden'
}

function onRepository(principal: Principal, { repository }: RepositorySubject, takes: Permission): Outcome {
  return forActors(principal, () => {
    if (!maySeeRepository(principal, repository)) return 'not found'
    return repositoryPermissions(principal, repository).includes(takes) ? 'yes' : 'forbidden'
  })
}

type RepositoryOf = (world: World, caller: Caller) => Promise<RepositorySubject> | null

function onRepositories(
  define: (what: string, subject: RepositoryOf, visibility: RepositoryVisibility) => MatrixCase,
): MatrixCase[] {
  const theirOwn: RepositoryOf = (_, { person }) => person && repositoryOf(person.client, person.username)
  return [
    define('private, of acme', ({ acme }) => repositoryIn(acme, 'PRIVATE'), 'PRIVATE'),
    define('public, of acme', ({ acme }) => repositoryIn(acme, 'PUBLIC'), 'PUBLIC'),
    define('private, of initech', ({ initech }) => repositoryIn(initech, 'PRIVATE'), 'PRIVATE'),
    define('public, of initech', ({ initech }) => repositoryIn(initech, 'PUBLIC'), 'PUBLIC'),
    define('private, their own', theirOwn, 'PRIVATE'),
    define("private, another person's", ({ initech }) => repositoryOf(initech.owner, 'founder'), 'PRIVATE'),
  ]
}

function onTokens<Data, Variables>(
  field: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: (id: string) => Variables,
): MatrixCase[] {
  return places((place, what) =>
    on(field, `of ${what}`, {
      document,
      subject: (world) => tokenOf(place(world)),
      variables,
      expected: (principal, { organizationId }) =>
        forPeople(principal, () => (mayManageTokens(principal, organizationId) ? 'yes' : 'not found')),
    }),
  )
}
