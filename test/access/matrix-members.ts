import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  AcceptInviteDocument,
  CancelInviteDocument,
  ChangeMemberRoleDocument,
  InviteMembersDocument,
  NodeDocument,
  RemoveMemberDocument,
} from '../../schema/typed-documents.ts'
import { Invite, inviteLifetimeSeconds } from '../../src/domain/model/invite.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import { User } from '../../src/domain/model/user.ts'
import {
  hasOrganizationPermission,
  type InviteFacts,
  mayCancelInvite,
  maySeeInvite,
  maySeeOrganization,
  type OrganizationPermission,
} from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { userIdOf } from '../harness/callers.ts'
import {
  forPeople,
  type MatrixCase,
  missingId,
  newName,
  type OrganizationSubject,
  on,
  organizationSubject,
  type Place,
  type Subject,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** The outcome for people who may act and for tokens of the organization, as the policy decides. */
function inOrganization(principal: Principal, organizationId: string, permission: OrganizationPermission): Outcome {
  return withPermission(principal, permission, () => {
    if (!maySeeOrganization(principal, organizationId)) return 'not found'
    return hasOrganizationPermission(principal, organizationId, permission) ? 'yes' : 'forbidden'
  })
}

/** Tokens without the permission are denied everywhere. Tokens that have it, and people, get the outcome. */
function withPermission(principal: Principal, permission: OrganizationPermission, outcome: () => Outcome): Outcome {
  if (principal.kind !== 'ORGANIZATION_TOKEN') return forPeople(principal, outcome)
  return hasOrganizationPermission(principal, principal.organization.id, permission) ? outcome() : 'forbidden'
}

const lists = (
  [
    ['members { totalCount nodes { role user { id } } }', 'MEMBER_READ'],
    ['invites { totalCount nodes { id } }', 'INVITE_READ'],
  ] as const
).flatMap(([selection, permission]) =>
  places((place, what) =>
    on(`Organization.${selection.split(' ', 1)[0]}`, what, {
      document: `query ($name: String!) { organization(name: $name) { name ${selection} } }`,
      subject: (world) => organizationSubject(place(world)),
      variables: (name) => ({ name }),
      expected: (principal, { organizationId }) => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        if (!maySeeOrganization(principal, organizationId)) return 'null'
        return hasOrganizationPermission(principal, organizationId, permission) ? 'yes' : 'forbidden'
      },
    }),
  ),
)

interface InviteSubject extends Subject {
  /** The relation of the caller to the organization. */
  readonly facts: InviteFacts
}

/** A new invite for an address, or for the caller. */
async function inviteInto(place: Place, { postern }: World, userId: string | null): Promise<InviteSubject> {
  const now = new Date()
  const id = newId('inv', now)
  await postern.em().nativeDelete(Invite, { organization: place.id, user: userId })
  await postern.em().insert(Invite, {
    id,
    organization: place.id,
    user: userId,
    email: userId === null ? `${newName('i')}@example.com` : null,
    role: 'MEMBER',
    group: null,
    invitedBy: null,
    createdAt: now,
    expiresAt: new Date(now.getTime() + inviteLifetimeSeconds * 1000),
  })
  const facts = { organizationId: place.id, role: 'MEMBER' as const, isForCaller: userId !== null }
  return {
    reference: id,
    missing: missingId(id),
    isKnownTo: (principal) => maySeeInvite(principal, facts),
    facts,
  }
}

const invites = [
  ...onInvites('Query.node', 'an invite', NodeDocument, (principal, { facts }) =>
    maySeeInvite(principal, facts) ? 'yes' : 'null',
  ),
  ...onInvites('Mutation.acceptInvite', 'an invite', AcceptInviteDocument, (principal, { facts }) =>
    forPeople(principal, () => {
      if (!maySeeInvite(principal, facts)) return 'not found'
      return facts.isForCaller ? 'yes' : 'forbidden'
    }),
  ),
  ...onInvites('Mutation.cancelInvite', 'an invite', CancelInviteDocument, (principal, { facts }) =>
    withPermission(principal, 'INVITE_EDIT', () => {
      if (!maySeeInvite(principal, facts)) return 'not found'
      return mayCancelInvite(principal, facts) ? 'yes' : 'forbidden'
    }),
  ),
]

const inviting = places((place, what) =>
  on('Mutation.inviteMembers', `into ${what}`, {
    document: InviteMembersDocument,
    subject: (world) => organizationSubject(place(world)),
    variables: (organization) => ({ input: { organization, invitees: [`${newName('i')}@example.com`] } }),
    expected: (principal, { organizationId }) => inOrganization(principal, organizationId, 'INVITE_EDIT'),
  }),
)

const changing = [
  ...onMembers('Mutation.changeMemberRole', ChangeMemberRoleDocument, { role: 'EDITOR' as const }),
  ...onMembers('Mutation.removeMember', RemoveMemberDocument, {}),
]

export const memberCases: readonly MatrixCase[] = [...lists, ...invites, ...inviting, ...changing]

function places(define: (place: (world: World) => Place, what: string) => MatrixCase): MatrixCase[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}

function onInvites<Data>(
  field: string,
  what: string,
  document: TypedDocumentNode<Data, { readonly id: string }>,
  expected: (principal: Principal, subject: InviteSubject) => Outcome,
): MatrixCase[] {
  return [
    ...places((place, name) =>
      on(field, `${what} into ${name}`, {
        document,
        subject: (world) => inviteInto(place(world), world, null),
        variables: (id) => ({ id }),
        expected,
      }),
    ),
    on(field, `${what} into initech, their own`, {
      document,
      subject: async (world, { client, login }) => login && inviteInto(world.initech, world, await userIdOf(client)),
      variables: (id) => ({ id }),
      // Nobody is related to the organization in the rows below.
      cleanUp: async ({ postern, initech }) => {
        const founder = await userIdOf(initech.owner)
        await postern.em().nativeDelete(Membership, { organization: initech.id, user: { $ne: founder } })
        await postern.em().nativeDelete(Invite, { organization: initech.id, user: { $ne: null } })
      },
      expected,
    }),
  ]
}

interface MemberSubject extends OrganizationSubject {
  readonly username: string
}

/** A new member of an organization. */
async function memberOf(place: Place, { postern }: World): Promise<MemberSubject> {
  const em = postern.em()
  const now = new Date()
  const username = newName('p')
  const id = newId('usr', now)
  await em.insert(Namespace, { id, name: username, kind: 'USER' })
  await em.insert(User, {
    id,
    username,
    displayName: username,
    email: null,
    passwordHash: 'none',
    isAdministrator: false,
    createdAt: now,
  })
  await em.insert(Membership, { organization: place.id, user: id, role: 'MEMBER', joinedAt: now })
  return { ...organizationSubject(place), username }
}

function onMembers<Data, Variables extends object>(
  field: string,
  document: TypedDocumentNode<Data, Variables & { readonly organization: string; readonly username: string }>,
  variables: Variables,
): MatrixCase[] {
  const usernames = new Map<string, string>()
  return places((place, what) =>
    on(field, `of ${what}`, {
      document,
      subject: async (world, { kind }) => {
        const subject = await memberOf(place(world), world)
        usernames.set(kind, subject.username)
        return subject
      },
      variables: (organization, _, { kind }) => ({
        ...variables,
        organization,
        username: usernames.get(kind) ?? '',
      }),
      expected: (principal, { organizationId }) => inOrganization(principal, organizationId, 'MEMBER_EDIT'),
    }),
  )
}
