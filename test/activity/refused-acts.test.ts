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
  /** The code of the refusal; null where nothing is refused, and nothing is there to be done. */
  readonly code: string | null
  readonly send: () => ReturnType<Client['send']>
}

function refusal<Data, Variables>(
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
  refusal('SIGN_IN_FAILED', 'a wrong password', SignInDocument, () => ({ input: { username: 'mia', password: 'no' } })),
  refusal('SIGN_IN_FAILED', 'an unknown name', SignInDocument, () => ({
    input: { username: 'nobody', password: 'no' },
  })),
  refusal('TAKEN', 'a name in use', SignUpDocument, () => ({
    input: { username: 'acme', email: 'acme@example.com', password: newPassword },
  })),
  refusal('SIGN_IN_FAILED', 'a wrong old password', ChangePasswordDocument, () => ({
    input: { currentPassword: 'no', newPassword },
  })),
  refusal('UNAUTHENTICATED', 'an anonymous sign-out', SignOutDocument, () => ({}), asAnonymous),
  refusal('TAKEN', 'an organization’s name in use', CreateOrganizationDocument, () => ({ input: { name: 'mia' } })),
  refusal('INVALID', 'a display name', UpdateOrganizationDocument, () => ({
    organization: 'acme',
    input: { displayName: '' },
  })),
  refusal(
    'FORBIDDEN',
    'a display name by a member',
    UpdateOrganizationDocument,
    () => ({
      organization: 'acme',
      input: { displayName: 'mine' },
    }),
    asMember,
  ),
  refusal(
    'FORBIDDEN',
    'a plan by a member',
    ChangeOrganizationPlanDocument,
    () => ({
      organization: 'acme',
      plan: 'BUSINESS' as const,
    }),
    asMember,
  ),
  refusal(null, 'the plan there is', ChangeOrganizationPlanDocument, () => ({
    organization: 'acme',
    plan: 'TEAM' as const,
  })),
  refusal('TAKEN', 'a repository there is', CreateRepositoryDocument, () => ({ input: { name: 'acme/api' } })),
  refusal(
    'FORBIDDEN',
    'a repository by a member',
    CreateRepositoryDocument,
    () => ({
      input: { name: 'acme/mine' },
    }),
    asMember,
  ),
  refusal(
    'FORBIDDEN',
    'a repository by a token',
    CreateRepositoryDocument,
    () => ({ input: { name: 'acme/its' } }),
    asToken,
  ),
  refusal(
    'FORBIDDEN',
    'a description by a token',
    UpdateRepositoryDocument,
    () => ({ name: 'acme/api', input: { description: 'its' } }),
    asToken,
  ),
  refusal('FORBIDDEN', 'a deletion by a token', DeleteRepositoryDocument, () => ({ name: 'acme/api' }), asToken),
  refusal('INVALID', 'a description', UpdateRepositoryDocument, () => ({
    name: 'acme/api',
    input: { description: 'a\u0000b' },
  })),
  refusal(null, 'the visibility there is', UpdateRepositoryDocument, () => ({
    name: 'acme/api',
    input: { visibility: 'PRIVATE' as const },
  })),
  refusal('NOT_FOUND', 'a deletion of nothing', DeleteRepositoryDocument, () => ({ name: 'acme/missing' })),
  refusal('NOT_FOUND', 'a deletion by a member', DeleteRepositoryDocument, () => ({ name: 'acme/api' }), asMember),
  refusal('INVALID', 'a token', GenerateOrganizationTokenDocument, () => ({ input: { ...newToken, label: '' } })),
  refusal('NOT_FOUND', 'a token of nothing', GenerateOrganizationTokenDocument, () => ({
    input: { ...newToken, scopes: [missingScope] },
  })),
  refusal('PLAN_REQUIRED', 'a token without a plan', GenerateOrganizationTokenDocument, () => ({
    input: { ...newToken, organization: 'free', scopes: [everyRepository('free')] },
  })),
  refusal('FORBIDDEN', 'a token by a member', GenerateOrganizationTokenDocument, () => ({ input: newToken }), asMember),
  refusal('INVALID', 'a label', UpdateTokenDocument, () => ({ id: tokens.active.id, input: { label: '' } })),
  refusal('TOKEN_INACTIVE', 'an update', UpdateTokenDocument, () => ({
    id: tokens.inactive.id,
    input: { label: 'x' },
  })),
  refusal('TOKEN_EXPIRED', 'a deactivation', DeactivateTokenDocument, () => ({ id: tokens.expired.id })),
  refusal('TOKEN_INACTIVE', 'a deactivation again', DeactivateTokenDocument, () => ({ id: tokens.inactive.id })),
  refusal('TOKEN_INACTIVE', 'an activation', ActivateTokenDocument, () => ({ id: tokens.inactive.id })),
  refusal(null, 'an activation of an active token', ActivateTokenDocument, () => ({ id: tokens.active.id })),
  refusal('TAKEN', 'a company there is', CreateCompanyDocument, () => ({ input: held })),
  refusal('FORBIDDEN', 'a company by a member', CreateCompanyDocument, () => ({ input: held }), asMember),
  refusal(null, 'an owner there is', AddCompanyOwnerDocument, () => ofHolding),
  refusal('NOT_FOUND', 'an owner by a member', AddCompanyOwnerDocument, () => ofHolding, asMember),
  refusal('LAST_OWNER', 'a removal of the last owner', RemoveCompanyOwnerDocument, () => ofHolding),
  refusal(null, 'an organization that is in the company', AddOrganizationToCompanyDocument, () => ({
    company: 'holding',
    organization: 'acme',
  })),
  refusal('NOT_FOUND', 'an organization that is not', RemoveOrganizationFromCompanyDocument, () => ({
    company: 'holding',
    organization: 'free',
  })),
  refusal('INVALID', 'a lifetime', UpdateOrganizationPolicyDocument, () => policy({ maxTokenLifetimeDays: 0 })),
  refusal('INVALID', 'a sign-on without provider', UpdateOrganizationPolicyDocument, () =>
    policy({ ssoEnforced: true }),
  ),
  refusal(null, 'the policy there is', UpdateOrganizationPolicyDocument, () => policy({ ssoEnforced: false })),
  refusal('FORBIDDEN', 'a policy by a member', UpdateOrganizationPolicyDocument, () => policy({}), asMember),
  refusal('NOT_FOUND', 'a deletion by a member', DeleteTokenDocument, () => ({ id: tokens.active.id }), asMember),

  refusal('INVALID', 'inviting nobody', InviteMembersDocument, () => ({
    input: { organization: 'acme', invitees: [] },
  })),
  refusal('TAKEN', 'inviting a member', InviteMembersDocument, () => ({
    input: { organization: 'acme', invitees: ['mia'] },
  })),
  refusal(
    'FORBIDDEN',
    'inviting by a member',
    InviteMembersDocument,
    () => ({ input: { organization: 'acme', invitees: ['x@example.com'] } }),
    asMember,
  ),
  refusal('NOT_FOUND', 'accepting nothing', AcceptInviteDocument, () => ({ id: 'nothing' })),
  refusal('NOT_FOUND', 'cancelling nothing', CancelInviteDocument, () => ({ id: 'nothing' })),
  refusal('LAST_OWNER', 'the last owner stepping down', ChangeMemberRoleDocument, () => ({
    organization: 'acme',
    username: 'admin',
    role: 'MEMBER' as const,
  })),
  refusal(null, 'the role there is', ChangeMemberRoleDocument, () => ({
    organization: 'acme',
    username: 'mia',
    role: 'MEMBER' as const,
  })),
  refusal('LAST_OWNER', 'the last owner leaving', RemoveMemberDocument, () => ({
    organization: 'acme',
    username: 'admin',
  })),
  refusal(
    'FORBIDDEN',
    'a removal by a member',
    RemoveMemberDocument,
    () => ({ organization: 'acme', username: 'admin' }),
    asMember,
  ),
])('$what, refused as $code, is no event and changes nothing', async ({ code, send }) => {
  const before = await databaseDigest(postern)
  const { body } = await send()
  expect(await databaseDigest(postern)).toBe(before)
  const payload = JSON.stringify(body.data ?? null)
  const codes = body.errors?.map(({ extensions }) => extensions.code) ?? []
  const inPayload = [...payload.matchAll(/"code":"(\w+)"/g)].map(([, found]) => found)
  expect([...codes, ...inPayload]).toEqual(code === null ? [] : [code])
})

it('a refused login, and one that is granted, are no events', async () => {
  const events = async () => (await contentsOf(postern.em())).activity_event
  const before = await events()
  const { secret } = tokens.active
  expect((await grantedActions(postern.url, { username: 'mia', secret }, 'acme/api')).status).toBe(401)
  expect((await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')).status).toBe(200)
  // It may push to what there is, and make nothing.
  expect(await grantedActions(postern.url, { username: 'acme', secret }, 'acme/unheard-of')).toEqual({
    status: 200,
    actions: [],
  })
  expect(await events()).toEqual(before)
})
