import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AcceptInviteDocument,
  ActivateTokenDocument,
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CancelInviteDocument,
  ChangeMemberRoleDocument,
  ChangeOrganizationPlanDocument,
  ChangePasswordDocument,
  CreateCompanyDocument,
  CreateOrganizationDocument,
  CreateRepositoryDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  InviteMembersDocument,
  RemoveCompanyOwnerDocument,
  RemoveMemberDocument,
  RemoveOrganizationFromCompanyDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  UpdateOrganizationDocument,
  UpdateOrganizationPolicyDocument,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import {
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { addMember, everyRepository, expire, grantedActions } from '../token/arrange.ts'
import { contentsOf } from '../token/contents.ts'

let postern: Postern
let owner: Client
let member: Person
let tokens: Record<'active' | 'inactive' | 'expired', { readonly id: string; readonly secret: string }>

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const acme = await createOrganization(owner, 'acme')
  await createOrganization(owner, 'free', 'FREE')
  await createRepository(owner, 'acme/api')
  await owner.execute(CreateCompanyDocument, { input: held })
  await owner.execute(AddOrganizationToCompanyDocument, { company: 'holding', organization: 'acme' })
  member = await postern.signUp('mia')
  await addMember(postern.em(), acme, 'mia', 'MEMBER')
  tokens = {
    active: await generateToken(owner),
    inactive: await generateToken(owner),
    expired: await generateToken(owner),
  }
  await owner.execute(DeactivateTokenDocument, { id: tokens.inactive.id })
  await expire(postern.em(), tokens.expired.id)
})
afterAll(() => postern.stop())

interface Refusal {
  readonly what: string
  /** The code of the error; null if the action succeeds without a change. */
  readonly code: string | null
  readonly send: () => ReturnType<Client['send']>
}

function failure<Data, Variables>(
  code: string | null,
  what: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: () => Variables,
  client = () => owner,
): Refusal {
  return { what, code, send: () => client().send({ query: print(document), variables: variables() }) }
}

const asMember = () => member.client
const asAnonymous = () => postern.client()
const asToken = () => postern.client(tokens.active.secret)
const newToken = { organization: 'acme', label: 'x', scopes: [everyRepository()] }
const missingScope = { ...everyRepository(), path: 'acme/missing' }
const newPassword = 'another long password'
const held = { name: 'holding', owners: ['admin'] }
const ofHolding = { company: 'holding', username: 'admin' }
const policy = (input: object) => ({ organization: 'acme', input })

it.each<Refusal>([
  failure('SIGN_IN_FAILED', 'a sign-in with a wrong password', SignInDocument, () => ({
    input: { username: 'mia', password: 'no' },
  })),
  failure('SIGN_IN_FAILED', 'a sign-in with an unknown name', SignInDocument, () => ({
    input: { username: 'nobody', password: 'no' },
  })),
  failure('TAKEN', 'a sign-up with a taken name', SignUpDocument, () => ({
    input: { username: 'acme', email: 'acme@example.com', password: newPassword },
  })),
  failure('SIGN_IN_FAILED', 'a change of the password with a wrong one', ChangePasswordDocument, () => ({
    input: { currentPassword: 'no', newPassword },
  })),
  failure('UNAUTHENTICATED', 'an anonymous sign-out', SignOutDocument, () => ({}), asAnonymous),
  failure('TAKEN', 'an organization with a taken name', CreateOrganizationDocument, () => ({ input: { name: 'mia' } })),
  failure('INVALID', 'an invalid display name', UpdateOrganizationDocument, () => ({
    organization: 'acme',
    input: { displayName: '' },
  })),
  failure(
    'FORBIDDEN',
    'a display name by a member',
    UpdateOrganizationDocument,
    () => ({
      organization: 'acme',
      input: { displayName: 'mine' },
    }),
    asMember,
  ),
  failure(
    'FORBIDDEN',
    'a plan by a member',
    ChangeOrganizationPlanDocument,
    () => ({
      organization: 'acme',
      plan: 'BUSINESS' as const,
    }),
    asMember,
  ),
  failure(null, 'the current plan', ChangeOrganizationPlanDocument, () => ({
    organization: 'acme',
    plan: 'TEAM' as const,
  })),
  failure('TAKEN', 'a repository that exists', CreateRepositoryDocument, () => ({ input: { name: 'acme/api' } })),
  failure(
    'FORBIDDEN',
    'a repository by a member',
    CreateRepositoryDocument,
    () => ({
      input: { name: 'acme/mine' },
    }),
    asMember,
  ),
  failure(
    'FORBIDDEN',
    'a repository by a token',
    CreateRepositoryDocument,
    () => ({ input: { name: 'acme/its' } }),
    asToken,
  ),
  failure(
    'FORBIDDEN',
    'a description by a token',
    UpdateRepositoryDocument,
    () => ({ name: 'acme/api', input: { description: 'its' } }),
    asToken,
  ),
  failure('FORBIDDEN', 'a deletion by a token', DeleteRepositoryDocument, () => ({ name: 'acme/api' }), asToken),
  failure('INVALID', 'a description', UpdateRepositoryDocument, () => ({
    name: 'acme/api',
    input: { description: 'a\u0000b' },
  })),
  failure(null, 'the current visibility', UpdateRepositoryDocument, () => ({
    name: 'acme/api',
    input: { visibility: 'PRIVATE' as const },
  })),
  failure('NOT_FOUND', 'a deletion of a missing repository', DeleteRepositoryDocument, () => ({
    name: 'acme/missing',
  })),
  failure('NOT_FOUND', 'a deletion by a member', DeleteRepositoryDocument, () => ({ name: 'acme/api' }), asMember),
  failure('INVALID', 'a token', GenerateOrganizationTokenDocument, () => ({ input: { ...newToken, label: '' } })),
  failure('NOT_FOUND', 'a token of a missing organization', GenerateOrganizationTokenDocument, () => ({
    input: { ...newToken, scopes: [missingScope] },
  })),
  failure('PLAN_REQUIRED', 'a token without a plan', GenerateOrganizationTokenDocument, () => ({
    input: { ...newToken, organization: 'free', scopes: [everyRepository('free')] },
  })),
  failure('FORBIDDEN', 'a token by a member', GenerateOrganizationTokenDocument, () => ({ input: newToken }), asMember),
  failure('INVALID', 'a label', UpdateTokenDocument, () => ({ id: tokens.active.id, input: { label: '' } })),
  failure('TOKEN_INACTIVE', 'an update', UpdateTokenDocument, () => ({
    id: tokens.inactive.id,
    input: { label: 'x' },
  })),
  failure('TOKEN_EXPIRED', 'a deactivation', DeactivateTokenDocument, () => ({ id: tokens.expired.id })),
  failure('TOKEN_INACTIVE', 'a repeated deactivation', DeactivateTokenDocument, () => ({ id: tokens.inactive.id })),
  failure('TOKEN_INACTIVE', 'an activation', ActivateTokenDocument, () => ({ id: tokens.inactive.id })),
  failure(null, 'an activation of an active token', ActivateTokenDocument, () => ({ id: tokens.active.id })),
  failure('TAKEN', 'a company that exists', CreateCompanyDocument, () => ({ input: held })),
  failure('FORBIDDEN', 'a company by a member', CreateCompanyDocument, () => ({ input: held }), asMember),
  failure(null, 'a current owner', AddCompanyOwnerDocument, () => ofHolding),
  failure('NOT_FOUND', 'an owner by a member', AddCompanyOwnerDocument, () => ofHolding, asMember),
  failure('LAST_OWNER', 'a removal of the last owner', RemoveCompanyOwnerDocument, () => ofHolding),
  failure(null, 'an organization that is in the company already', AddOrganizationToCompanyDocument, () => ({
    company: 'holding',
    organization: 'acme',
  })),
  failure('NOT_FOUND', 'an organization that is not in the company', RemoveOrganizationFromCompanyDocument, () => ({
    company: 'holding',
    organization: 'free',
  })),
  failure('INVALID', 'a lifetime', UpdateOrganizationPolicyDocument, () => policy({ maxTokenLifetimeDays: 0 })),
  failure('INVALID', 'enforced single sign-on without a provider', UpdateOrganizationPolicyDocument, () =>
    policy({ ssoEnforced: true }),
  ),
  failure(null, 'the current policy', UpdateOrganizationPolicyDocument, () => policy({ ssoEnforced: false })),
  failure('FORBIDDEN', 'a policy by a member', UpdateOrganizationPolicyDocument, () => policy({}), asMember),
  failure('NOT_FOUND', 'a deletion by a member', DeleteTokenDocument, () => ({ id: tokens.active.id }), asMember),

  failure('INVALID', 'inviting nobody', InviteMembersDocument, () => ({
    input: { organization: 'acme', invitees: [] },
  })),
  failure('TAKEN', 'inviting a member', InviteMembersDocument, () => ({
    input: { organization: 'acme', invitees: ['mia'] },
  })),
  failure(
    'FORBIDDEN',
    'inviting by a member',
    InviteMembersDocument,
    () => ({ input: { organization: 'acme', invitees: ['x@example.com'] } }),
    asMember,
  ),
  failure('NOT_FOUND', 'accepting nothing', AcceptInviteDocument, () => ({ id: 'nothing' })),
  failure('NOT_FOUND', 'cancelling nothing', CancelInviteDocument, () => ({ id: 'nothing' })),
  failure('LAST_OWNER', 'the last owner stepping down', ChangeMemberRoleDocument, () => ({
    organization: 'acme',
    username: 'admin',
    role: 'MEMBER' as const,
  })),
  failure(null, 'the current role', ChangeMemberRoleDocument, () => ({
    organization: 'acme',
    username: 'mia',
    role: 'MEMBER' as const,
  })),
  failure('LAST_OWNER', 'the last owner leaving', RemoveMemberDocument, () => ({
    organization: 'acme',
    username: 'admin',
  })),
  failure(
    'FORBIDDEN',
    'a removal by a member',
    RemoveMemberDocument,
    () => ({ organization: 'acme', username: 'admin' }),
    asMember,
  ),
])('$what, with the result $code, records no event and changes nothing', async ({ code, send }) => {
  const before = await databaseDigest(postern)
  const { body } = await send()
  expect(await databaseDigest(postern)).toBe(before)
  const payload = JSON.stringify(body.data ?? null)
  const codes = body.errors?.map(({ extensions }) => extensions.code) ?? []
  const inPayload = [...payload.matchAll(/"code":"(\w+)"/g)].map(([, found]) => found)
  expect([...codes, ...inPayload]).toEqual(code === null ? [] : [code])
})

it('a rejected login and a granted one record no events', async () => {
  const events = async () => (await contentsOf(postern.em())).activity_event
  const before = await events()
  const { secret } = tokens.active
  expect((await grantedActions(postern.url, { username: 'mia', secret }, 'acme/api')).status).toBe(401)
  expect((await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')).status).toBe(200)
  // It may push to existing repositories, but not create one.
  expect(await grantedActions(postern.url, { username: 'acme', secret }, 'acme/unheard-of')).toEqual({
    status: 200,
    actions: [],
  })
  expect(await events()).toEqual(before)
})
