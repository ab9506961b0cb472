import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  AddGroupMemberDocument,
  CreateGroupDocument,
  DeleteGroupDocument,
  NodeDocument,
  RemoveGroupMemberDocument,
  SetGroupRepositoryAccessDocument,
  UpdateGroupDocument,
} from '../../schema/typed-documents.ts'
import { hasOrganizationPermission, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { listsEveryRepository } from '../../src/domain/policy/repository-policy.ts'
import { addToGroup, createGroup } from '../group/arrange.ts'
import { createRepository } from '../harness/postern.ts'
import {
  type MatrixCase,
  missingId,
  newName,
  type OrganizationSubject,
  on,
  organizationSubject,
  type Place,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** The organization's owner, who is in each of its groups. */
const ownerOf = (what: string) => (what === 'acme' ? 'owner' : 'founder')

/** The repository that belongs to the case. */
const repositoryOf = (group: string, what: string) => `${what}/${group.toLowerCase().replace('_', '-')}`

/** A new group with these members, and a repository that it can get access to. */
async function groupIn(place: Place, ...members: readonly string[]): Promise<OrganizationSubject> {
  const group = await createGroup(place.owner, newName('g'), place.name)
  await addToGroup(group, place.owner, ...members)
  await createRepository(place.owner, repositoryOf(group, place.name))
  return {
    reference: group,
    missing: missingId(group),
    organizationId: place.id,
    isKnownTo: (principal) => hasOrganizationPermission(principal, place.id, 'GROUP_READ'),
  }
}

/**
 * Callers who see the group but may not edit it are denied, and so are tokens without GROUP_EDIT. Others get NOT_FOUND.
 */
function edited(principal: Principal, { organizationId, isKnownTo }: OrganizationSubject): Outcome {
  if (principal.kind === 'ANONYMOUS') return 'sign in'
  if (principal.kind === 'PERSONAL_TOKEN') return 'forbidden'
  if (
    principal.kind === 'ORGANIZATION_TOKEN' &&
    !hasOrganizationPermission(principal, principal.organization.id, 'GROUP_EDIT')
  )
    return 'forbidden'
  if (!isKnownTo(principal)) return 'not found'
  return hasOrganizationPermission(principal, organizationId, 'GROUP_EDIT') ? 'yes' : 'forbidden'
}

const creations = places((place, what) =>
  on('Mutation.createGroup', `in ${what}`, {
    document: CreateGroupDocument,
    subject: (world) => organizationSubject(place(world)),
    variables: (organization) => ({ input: { organization, name: newName('g') } }),
    expected: edited,
  }),
)

const themself: MatrixCase = on('Mutation.removeGroupMember', 'of acme, their own membership', {
  document: RemoveGroupMemberDocument,
  subject: ({ acme }, { kind, login }) =>
    login && ['member', 'editor', 'owner'].includes(kind) ? groupIn(acme, login.username) : null,
  variables: (group, _, { login }) => ({ group, username: login?.username ?? '' }),
  expected: () => 'yes',
})

const changes: readonly MatrixCase[] = [
  ...onGroups('Mutation.updateGroup', UpdateGroupDocument, (id) => ({ id, input: { name: newName('n') } })),
  ...onGroups('Mutation.deleteGroup', DeleteGroupDocument, (id) => ({ id })),
  ...places((place, what) =>
    on('Mutation.addGroupMember', `to one of ${what}`, {
      document: AddGroupMemberDocument,
      subject: (world) => groupIn(place(world)),
      variables: (group) => ({ group, username: ownerOf(what) }),
      expected: edited,
    }),
  ),
  ...onGroups('Mutation.removeGroupMember', RemoveGroupMemberDocument, (group, what) => ({
    group,
    username: ownerOf(what),
  })),
  themself,
  ...places((place, what) =>
    on('Mutation.setGroupRepositoryAccess', `of ${what}`, {
      document: SetGroupRepositoryAccessDocument,
      subject: (world) => groupIn(place(world)),
      variables: (group) => ({ group, repository: repositoryOf(group, what), access: 'READ' as const }),
      // A token that edits groups but sees no repositories cannot give access to them.
      expected: (principal, subject) => {
        const outcome = edited(principal, subject)
        return outcome === 'yes' && !listsEveryRepository(principal, subject.organizationId) ? 'not found' : outcome
      },
    }),
  ),
]

const yesOrNull = (may: boolean): Outcome => (may ? 'yes' : 'null')

const nodes = places((place, what) =>
  on('Query.node', `a group of ${what}`, {
    document: NodeDocument,
    subject: (world) => groupIn(place(world)),
    variables: (id) => ({ id }),
    expected: (principal, { isKnownTo }) => yesOrNull(isKnownTo(principal)),
  }),
)

/** Fields below the root that not everyone who has the object may read. */
const guardedFields: readonly MatrixCase[] = [
  ...places((place, what) =>
    on('Organization.groups', what, {
      document: 'query ($name: String!) { organization(name: $name) { name groups { totalCount nodes { id } } } }',
      subject: (world) => organizationSubject(place(world)),
      variables: (name) => ({ name }),
      expected: (principal, { organizationId }) => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        if (!maySeeOrganization(principal, organizationId)) return 'null'
        return hasOrganizationPermission(principal, organizationId, 'GROUP_READ') ? 'yes' : 'forbidden'
      },
    }),
  ),
  ...['members { totalCount nodes { role } }', 'repositories { access }'].flatMap((selection) =>
    places((place, what) =>
      on(`Group.${selection.split(' ', 1)[0]}`, `of ${what}`, {
        document: `query ($id: ID!) { node(id: $id) { ... on Group { name ${selection} } } }`,
        subject: (world) => groupIn(place(world)),
        variables: (id) => ({ id }),
        expected: (principal, { isKnownTo }) => yesOrNull(isKnownTo(principal)),
      }),
    ),
  ),
]

export const groupCases: readonly MatrixCase[] = [...nodes, ...guardedFields, ...creations, ...changes]

function places(define: (place: (world: World) => Place, what: string) => MatrixCase): MatrixCase[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}

function onGroups<Data, Variables>(
  field: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: (id: string, what: string) => Variables,
): MatrixCase[] {
  return places((place, what) =>
    on(field, `of ${what}`, {
      document,
      subject: (world) => groupIn(place(world), ownerOf(what)),
      variables: (id) => variables(id, what),
      expected: edited,
    }),
  )
}
