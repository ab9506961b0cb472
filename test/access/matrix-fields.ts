import type { OrganizationRole, Permission } from '../../schema/typed-documents.ts'
import { withIncluded } from '../../src/domain/model/permission.ts'
import { effectiveRole, mayManageTokens, maySeeOrganization, readingPerson } from '../../src/domain/policy/policy.ts'
import {
  actingPerson,
  organizationAccessById,
  type Principal,
  personBehind,
  usedToken,
} from '../../src/domain/policy/principal.ts'
import { maySeeRepository, repositoryPermissions } from '../../src/domain/policy/repository-policy.ts'
import { type Caller, userIdOf } from '../harness/callers.ts'
import { name, places, signedIn, yesOrNull } from './matrix-queries.ts'
import {
  forPeopleAndTheirTokens,
  type MatrixCase,
  type OrganizationSubject,
  on,
  organizationSubject,
  type RepositorySubject,
  repositoryIn,
  type World,
} from './matrix-world.ts'
import type { Outcome, Reading } from './outcome.ts'

const value = (text: unknown): Outcome => `= ${text}`

/** The permissions that no other permission includes, in short form: `= PUSH, EDIT`. */
function strongest(held: readonly Permission[]): Outcome {
  const included = new Set(held.flatMap((each) => [...withIncluded([each])].filter((other) => other !== each)))
  const names = held.filter((each) => !included.has(each)).map((each) => each.replace(/^(IMAGE|REPOSITORY)_/, ''))
  return value(names.join(', ') || 'none')
}

const viewerFields = [
  ofViewer('user { id }', (principal) => yesOrNull(personBehind(principal) !== null)),
  ofViewer('organization { id }', ({ kind }) => yesOrNull(kind === 'ORGANIZATION_TOKEN')),
  ofViewer('accessToken { id }', (principal) => yesOrNull(usedToken(principal) !== null)),
  ofViewer('organizations { nodes { name } }', organizationsOf, {
    path: ['nodes'],
    word: (nodes: ReadonlyArray<{ name: string }>) => value(nodes.map((node) => node.name).join(', ') || 'none'),
  }),
]

function organizationsOf(principal: Principal): Outcome {
  if (principal.kind === 'ANONYMOUS') return 'null'
  const organizationAccess = [...(readingPerson(principal)?.organizationAccess.values() ?? [])]
  return value(organizationAccess.map(({ organization }) => organization.name).join(', ') || 'none')
}

function ofViewer(selection: string, expected: (principal: Principal) => Outcome, below?: Reading): MatrixCase {
  const [field = ''] = selection.split(' ', 1)
  return on(`Viewer.${field}`, '', {
    document: `{ viewer { ${selection} } }`,
    reading: { ...below, path: ['viewer', field, ...(below?.path ?? [])] },
    expected,
  })
}

const ofPeople = (['email', 'refusedAttempts'] as const).flatMap((field) => [
  ofUser(field, 'their own', ({ person }) => person),
  ofUser(field, "another person's", (_, { initech }) => ({ client: initech.owner, username: 'founder' })),
])

function ofUser(
  field: 'email' | 'refusedAttempts',
  whose: string,
  personOf: (caller: Caller, world: World) => Caller['person'],
): MatrixCase {
  const selection = field === 'email' ? field : `${field} { reason }`
  return on(`User.${field}`, whose, {
    document: `query ($username: String!) { user(username: $username) { ${selection} } }`,
    subject: async (world, caller) => {
      const person = personOf(caller, world)
      if (person === null) return null
      const { username, client } = person
      return { reference: username, missing: '', isKnownTo: () => true, userId: await userIdOf(client) }
    },
    variables: (username) => ({ username }),
    reading: { path: ['user', field] },
    // Not even their own tokens read it.
    expected: (principal, { userId }) =>
      forPeopleAndTheirTokens(principal, () => {
        const self = actingPerson(principal)?.user
        return yesOrNull(self?.id === userId && (field !== 'email' || self.email !== null))
      }),
  })
}

const organizationFields = [
  ...ofOrganization('viewerRole', (principal, { organizationId }) => {
    const role: OrganizationRole | null = effectiveRole(organizationAccessById(principal, organizationId))
    return role === null ? 'null' : value(role)
  }),
  ...ofOrganization('viewerCanManageTokens', (principal, { organizationId }) =>
    value(mayManageTokens(principal, organizationId)),
  ),
]

function ofOrganization(
  field: string,
  expected: (principal: Principal, subject: OrganizationSubject) => Outcome,
): MatrixCase[] {
  return places((place, what) =>
    on(`Organization.${field}`, what, {
      document: `query ($name: String!) { organization(name: $name) { ${field} } }`,
      subject: (world) => organizationSubject(place(world)),
      variables: name,
      reading: { path: ['organization', field], word: value },
      expected: (principal, subject) =>
        maySeeOrganization(principal, subject.organizationId)
          ? expected(principal, subject)
          : signedIn(principal, 'null'),
    }),
  )
}

const lists = places((place, what) =>
  on('Organization.repositories', `lists a private one of ${what}`, {
    document: `query ($name: String!, $search: String!) {
      organization(name: $name) { repositories(search: $search) { nodes { id } } }
    }`,
    subject: (world) => repositoryIn(place(world), 'PRIVATE'),
    variables: (reference, world) => ({ name: place(world).name, search: reference.split('/')[1] ?? '' }),
    reading: {
      path: ['organization', 'repositories', 'nodes'],
      word: ({ length }: readonly unknown[]) => (length > 0 ? 'yes' : value('none')),
    },
    expected: (principal, { repository }) => {
      if (!maySeeOrganization(principal, repository.namespaceId)) return signedIn(principal, 'null')
      return maySeeRepository(principal, repository) ? 'yes' : value('none')
    },
  }),
)

const repositoryFields = [
  ...ofRepository('organization', 'organization { id }', undefined, (principal, { repository }) =>
    yesOrNull(maySeeOrganization(principal, repository.namespaceId)),
  ),
  ...ofRepository('tags', 'tags { totalCount }', undefined, () => 'yes'),
  ...ofRepository('viewerPermissions', 'viewerPermissions', strongest, (principal, { repository }) =>
    strongest(repositoryPermissions(principal, repository)),
  ),
]

function ofRepository(
  field: string,
  selection: string,
  word: ((held: readonly Permission[]) => Outcome) | undefined,
  expected: (principal: Principal, subject: RepositorySubject) => Outcome,
): MatrixCase[] {
  return places((place, what) =>
    (['PRIVATE', 'PUBLIC'] as const).map((visibility) =>
      on(`Repository.${field}`, `${visibility.toLowerCase()}, of ${what}`, {
        document: `query ($name: String!) { repository(name: $name) { ${selection} } }`,
        subject: (world) => repositoryIn(place(world), visibility),
        variables: name,
        reading: { path: ['repository', field], ...(word && { word }) },
        expected: (principal, subject) =>
          maySeeRepository(principal, subject.repository) ? expected(principal, subject) : 'null',
      }),
    ),
  ).flat()
}

/** Fields below the root that everybody may request, with a value that depends on the caller. */
export const fieldCases: readonly MatrixCase[] = [
  ...viewerFields,
  ...ofPeople,
  ...organizationFields,
  ...lists,
  ...repositoryFields,
]
