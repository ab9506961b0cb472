import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  AccessTokenDocument,
  ActivateTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  GeneratePersonalTokenDocument,
  NodeDocument,
  SignInDeviceDocument,
  SignOutDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { mayManageTokens } from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { type Caller, userIdOf } from '../harness/callers.ts'
import { type GeneratedToken, generatePersonal, signInDevice } from '../harness/personal-token.ts'
import { personPassword } from '../harness/postern.ts'
import { forPeople, type MatrixCase, missingId, newName, on, type Subject, type World } from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

interface PersonSubject extends Subject {
  readonly userId: string
}

function tokenOfPerson(id: string, userId: string): PersonSubject {
  const isKnownTo = (principal: Principal) => mayManageTokens(principal, userId)
  return { reference: id, missing: missingId(id), userId, isKnownTo }
}

type SubjectOf = (world: World, caller: Caller) => Promise<PersonSubject> | null

const newOfTheirOwn: SubjectOf = (_, { client, login }) =>
  login &&
  Promise.all([generatePersonal(client), userIdOf(client)]).then(([{ id }, userId]) => tokenOfPerson(id, userId))

const shared = new WeakMap<World, Promise<GeneratedToken>>()
// All attempts share one token that nobody may change, because the number of tokens per person and hour is limited.
const ofFounder: SubjectOf = async (world) => {
  const founder = world.initech.owner
  const created = shared.get(world) ?? generatePersonal(founder)
  shared.set(world, created)
  return tokenOfPerson((await created).id, await userIdOf(founder))
}

function whose(define: (what: string, subject: SubjectOf) => MatrixCase): MatrixCase[] {
  return [define('personal, their own', newOfTheirOwn), define("personal, another person's", ofFounder)]
}

function onTokens<Data, Variables>(
  field: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: (id: string) => Variables,
): MatrixCase[] {
  return whose((what, subject) =>
    on(field, what, {
      document,
      subject,
      variables,
      expected: (principal, { userId }) =>
        forPeople(principal, () => (mayManageTokens(principal, userId) ? 'yes' : 'not found')),
    }),
  )
}

const id = (reference: string) => ({ id: reference })

const mutations: readonly MatrixCase[] = [
  on('Mutation.generatePersonalToken', '', {
    document: GeneratePersonalTokenDocument,
    variables: () => ({ input: { label: 'laptop', access: 'READ' as const } }),
    expected: (principal) => forPeople(principal, () => 'yes'),
  }),
  ...onTokens('Mutation.updateToken', UpdateTokenDocument, (token) => ({ id: token, input: { label: 'changed' } })),
  ...onTokens('Mutation.deactivateToken', DeactivateTokenDocument, id),
  ...onTokens('Mutation.activateToken', ActivateTokenDocument, id),
  ...onTokens('Mutation.deleteToken', DeleteTokenDocument, id),
  on('Mutation.signInDevice', '', {
    document: SignInDeviceDocument,
    // Somebody new each time: a person signs in no more than so many devices in an hour.
    subject: async ({ postern }) => {
      const { username } = await postern.signUp(newName('d'))
      return { reference: username, missing: '', isKnownTo: () => true }
    },
    variables: (username) => ({ input: { username, password: personPassword, deviceName: 'desktop' } }),
    expected: () => 'yes',
  }),
  on('Mutation.signOut', "with their own device's token", {
    document: SignOutDocument,
    subject: ownAccount,
    client: async ({ postern }, { login }) =>
      postern.client((await signInDevice(postern, login ?? { username: '', password: '' })).secret),
    expected: () => 'yes',
  }),
  on('Mutation.signOut', 'with a personal token of their own', {
    document: SignOutDocument,
    subject: ownAccount,
    client: async ({ postern }, { client }) => postern.client((await generatePersonal(client)).secret),
    expected: () => 'forbidden',
  }),
]

function ownAccount(_: World, { login }: Caller): Subject | null {
  return login && { reference: '', missing: '', isKnownTo: () => true }
}

const queries: readonly MatrixCase[] = [
  ...whose((what, subject) =>
    on('Query.accessToken', what, {
      document: AccessTokenDocument,
      subject,
      variables: id,
      expected: (principal, { userId }): Outcome => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        return mayManageTokens(principal, userId) ? 'yes' : 'null'
      },
    }),
  ),
  ...whose((what, subject) =>
    on('Query.node', `a token, ${what}`, {
      document: NodeDocument,
      subject,
      variables: id,
      expected: (principal, { userId }) => (mayManageTokens(principal, userId) ? 'yes' : 'null'),
    }),
  ),
]

const tokensOfUser = 'query ($username: String!) { user(username: $username) { accessTokens { totalCount } } }'

const guardedFields: readonly MatrixCase[] = [
  on('User.accessTokens', 'their own', {
    document: tokensOfUser,
    subject: (_, { login }) => login && { reference: login.username, missing: '', isKnownTo: () => true },
    variables: (username) => ({ username }),
    expected: () => 'yes',
  }),
  on('User.accessTokens', "another person's", {
    document: tokensOfUser,
    variables: () => ({ username: 'founder' }),
    expected: (principal) => forPeople(principal, () => 'forbidden'),
  }),
]

export const personalTokenCases: readonly MatrixCase[] = [...queries, ...guardedFields, ...mutations]
