import {
  AccessTokenDocument,
  AvailablePermissionsDocument,
  NodeDocument,
  OrganizationDocument,
  RepositoryDocument,
  UserDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { mayManageTokens, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import { type Principal, personBehind } from '../../src/domain/policy/principal.ts'
import { maySeeRepository } from '../../src/domain/policy/repository-policy.ts'
import { userIdOf } from '../harness/callers.ts'
import { namedRepository } from './matrix-callers.ts'
import {
  forPeopleAndTheirTokens,
  type MatrixCase,
  missingId,
  type OrganizationSubject,
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

export const name = (reference: string) => ({ name: reference })
const id = (reference: string) => ({ id: reference })
export const yesOrNull = (may: boolean): Outcome => (may ? 'yes' : 'null')
export const signedIn = (principal: Principal, outcome: Outcome): Outcome =>
  principal.kind === 'ANONYMOUS' ? 'sign in' : outcome

const viewer = on('Query.viewer', '', {
  document: ViewerDocument,
  expected: (principal) => yesOrNull(principal.kind !== 'ANONYMOUS'),
})

const availablePermissions = on('Query.availablePermissions', '', {
  document: AvailablePermissionsDocument,
  expected: () => 'yes',
})

const user = on('Query.user', 'any person', {
  document: UserDocument,
  variables: () => ({ username: 'founder' }),
  expected: (principal) => forPeopleAndTheirTokens(principal, () => 'yes'),
})

const organizations = places((place, what) =>
  on('Query.organization', what, {
    document: OrganizationDocument,
    subject: (world) => organizationSubject(place(world)),
    variables: name,
    expected: (principal, { organizationId }) =>
      signedIn(principal, yesOrNull(maySeeOrganization(principal, organizationId))),
  }),
)

const repositories = [
  ...places((place, what) => seeRepository(`private, of ${what}`, (world) => repositoryIn(place(world), 'PRIVATE'))),
  ...places((place, what) => seeRepository(`public, of ${what}`, (world) => repositoryIn(place(world), 'PUBLIC'))),
  on('Query.repository', 'private, their own', {
    document: RepositoryDocument,
    subject: (_, { person }) => person && repositoryOf(person.client, person.username),
    variables: name,
    expected: (principal, { repository }) => yesOrNull(maySeeRepository(principal, repository)),
  }),
  seeRepository('private, named by tokens for one', ({ acme }) => repositoryNamed(acme, namedRepository)),
  seeRepository("private, another person's", ({ initech }) => repositoryOf(initech.owner, 'founder')),
]

const accessTokens = [
  ...places((place, what) =>
    on('Query.accessToken', `of ${what}`, {
      document: AccessTokenDocument,
      subject: (world) => tokenOf(place(world)),
      variables: id,
      expected: (principal, { organizationId }) =>
        signedIn(principal, yesOrNull(mayManageTokens(principal, organizationId))),
    }),
  ),
  on('Query.accessToken', 'itself', {
    document: AccessTokenDocument,
    subject: (_, { tokenId }) =>
      tokenId === null ? null : { reference: tokenId, missing: missingId(tokenId), isKnownTo: () => true },
    variables: id,
    expected: () => 'yes',
  }),
]

const nodes = [
  ...places((place, what) =>
    on('Query.node', `the organization ${what}`, {
      document: NodeDocument,
      subject: (world) => asNode(organizationSubject(place(world)), place(world).id),
      variables: id,
      expected: (principal, { organizationId }) => yesOrNull(maySeeOrganization(principal, organizationId)),
    }),
  ),
  ...places((place, what) =>
    on('Query.node', `a private repository of ${what}`, {
      document: NodeDocument,
      subject: async (world) => {
        const subject: RepositorySubject = await repositoryIn(place(world), 'PRIVATE')
        return asNode(subject, subject.repository.id)
      },
      variables: id,
      expected: (principal, { repository }) => yesOrNull(maySeeRepository(principal, repository)),
    }),
  ),
  ...places((place, what) =>
    on('Query.node', `a token of ${what}`, {
      document: NodeDocument,
      subject: (world): Promise<OrganizationSubject> => tokenOf(place(world)),
      variables: id,
      expected: (principal, { organizationId }) => yesOrNull(mayManageTokens(principal, organizationId)),
    }),
  ),
  ...places((place, what) =>
    on('Query.nodes', `a token of ${what}`, {
      document: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      reading: { path: ['nodes', '0'] },
      subject: (world): Promise<OrganizationSubject> => tokenOf(place(world)),
      variables: (token) => ({ ids: [token] }),
      expected: (principal, { organizationId }) => yesOrNull(mayManageTokens(principal, organizationId)),
    }),
  ),
  on('Query.node', 'any person', {
    document: NodeDocument,
    subject: async ({ initech }) => {
      const userId = await userIdOf(initech.owner)
      const isKnownTo = (principal: Principal) => personBehind(principal) !== null
      return { reference: userId, missing: missingId(userId), isKnownTo }
    },
    variables: id,
    expected: (principal, { isKnownTo }) => yesOrNull(isKnownTo(principal)),
  }),
]

/** Fields below the root that not everyone who has the object may read. */
const guardedFields = [
  'accessTokens { totalCount nodes { id } }',
  'tokenLimit { limit used }',
  'refusedAttempts { reason }',
].flatMap((selection) =>
  places((place, what) =>
    on(`Organization.${selection.split(' ', 1)[0]}`, what, {
      document: `query ($name: String!) { organization(name: $name) { name ${selection} } }`,
      subject: (world) => organizationSubject(place(world)),
      variables: name,
      expected: (principal, { organizationId }) => {
        if (!maySeeOrganization(principal, organizationId)) return signedIn(principal, 'null')
        return mayManageTokens(principal, organizationId) ? 'yes' : 'forbidden'
      },
    }),
  ),
)

export const queryCases: readonly MatrixCase[] = [
  viewer,
  availablePermissions,
  user,
  ...organizations,
  ...repositories,
  ...accessTokens,
  ...nodes,
]

export const guardedFieldCases: readonly MatrixCase[] = guardedFields

export function places<Row>(define: (place: (world: World) => Place, what: string) => Row): Row[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}

function seeRepository(what: string, subject: (world: World) => Promise<RepositorySubject>): MatrixCase {
  return on('Query.repository', what, {
    document: RepositoryDocument,
    subject,
    variables: name,
    expected: (principal, { repository }) => yesOrNull(maySeeRepository(principal, repository)),
  })
}

/** The same subject, named by its id. */
function asNode<S extends object>(subject: S, reference: string) {
  return { ...subject, reference, missing: missingId(reference) }
}
