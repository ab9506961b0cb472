import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as documents from '../../schema/typed-documents.ts'
import type { Allowed, Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import type { Person, Postern } from '../harness/postern.ts'
import { adminPassword, createOrganization, createRepository, generateToken, startPostern } from '../harness/postern.ts'
import { addMember, everyRepository, insertTokens, userIdOf } from '../token/arrange.ts'
import { everyActivityRequest } from './activity-requests.ts'
import { everyCompanyRequest } from './company-requests.ts'
import { everyRotation } from './every-rotation.ts'
import { everyGroupRequest } from './group-requests.ts'
import { everyListRequest } from './list-requests.ts'
import { everyMemberRequest } from './member-requests.ts'
import { everyPersonalTokenRequest } from './personal-token-requests.ts'
import { everySsoOperation } from './sso-requests.ts'
import { others } from './surroundings.ts'
import { everyTokenRequest } from './token-endpoint-requests.ts'
import { everyUsageRequest } from './usage-requests.ts'
import { everyWebhookRequest } from './webhook-requests.ts'
import { explain, lookupsOfDeletions, type Sent, sentDuring } from './whole-reads.ts'

let postern: Postern
let provider: OpenidProvider
let owner: Client
let member: Person
let organizationId: string
let sent: Sent[]
/** The operations that were requested. */
const asked = new Set<unknown>()

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme', 'BUSINESS')
  member = await postern.signUp('grace')
  await addMember(postern.em(), organizationId, 'grace', 'MEMBER')
  for (const path of ['api', 'web', 'old']) await createRepository(owner, `acme/${path}`, 'PUBLIC')
  await insertTokens(postern.em(), organizationId, Array(5).fill({ createdBy: await userIdOf(postern.em(), 'grace') }))
  await execute(databaseUrl(), others)
  sent = await sentDuring(everyRequest)
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

function databaseUrl(): string {
  return postern.config.databaseUrl ?? ''
}

/** Sends a request that must succeed and return an object. */
async function ask<Data extends object, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Allowed<Data>> {
  asked.add(document)
  const data = await client.execute(document, variables)
  for (const payload of Object.values(data)) {
    expect(payload).not.toBeNull()
    expect(Reflect.get(payload, 'userErrors') ?? []).toEqual([])
  }
  return data
}

async function everyRequest(): Promise<void> {
  await everyQuery()
  await everyMutation()
  await everyCompanyRequest(ask, owner)
  await everyGroupRequest(ask, postern, owner, member.client)
  await everyPersonalTokenRequest(ask, postern)
  await everySsoOperation(ask, postern, provider, owner, member)
  await everyMemberRequest(ask, postern, owner, organizationId)
  await everyTokenRequest(ask, postern, owner)
  await everyRotation(postern, owner, ask)
  await everyActivityRequest(ask, postern, owner)
  await everyUsageRequest(ask, postern, owner, organizationId)
  await everyWebhookRequest(ask, postern, owner, organizationId)
  await everyListRequest(ask, owner)
}

async function everyQuery(): Promise<void> {
  const organization = 'acme'
  const [userId, tokens, repositories] = [
    (await ask(owner, documents.UserDocument, { username: 'grace' })).user?.id,
    (await ask(owner, documents.AccessTokensDocument, { organization, first: 1 })).organization?.accessTokens,
    (await ask(owner, documents.RepositoriesDocument, { organization, first: 1 })).organization?.repositories,
  ]
  const tokenId = tokens?.nodes[0]?.id ?? ''
  await ask(owner, documents.AccessTokenDocument, { id: tokenId })
  const explained = await generateToken(owner, { pullLimit: 9 })
  for (const repository of ['acme/api', 'acme/none'])
    await ask(owner, documents.ExplainAccessDocument, {
      token: explained.id,
      repository,
      permissions: ['IMAGE_PULL'],
    })
  const ids = [tokenId, userId ?? '', organizationId, repositories?.nodes[0]?.id ?? '']
  for (const id of ids) await ask(owner, documents.NodeDocument, { id })
  await ask(owner, documents.NodesDocument, { ids })

  const pulling = (path: string): documents.ScopeInput => ({
    resource: 'REPOSITORY',
    path,
    permissions: ['IMAGE_PULL'],
  })
  const bearers = [(await generateToken(owner)).secret]
  for (const scopes of [[pulling('acme/api')], [pulling('acme/api'), pulling('*/*/public')]])
    bearers.push((await generateToken(owner, { scopes })).secret)
  for (const client of [owner, member.client, ...bearers.map((secret) => postern.client(secret))]) {
    await ask(client, documents.ViewerDocument, {})
    await ask(client, documents.AvailablePermissionsDocument, {})
    await ask(client, documents.OrganizationDocument, { name: organization })
    await ask(client, documents.RepositoryDocument, { name: 'acme/api' })
    for (const page of [{}, { search: 'a' }, { after: Buffer.from('1700000000000/1.0').toString('base64url') }])
      await ask(client, documents.RepositoryTagsDocument, { name: 'acme/api', ...page })
    for (const page of [{}, { search: 'a' }, { after: repositories?.pageInfo.endCursor ?? '' }])
      await ask(client, documents.RepositoriesDocument, { organization, ...page })
  }
  await postern.client().execute(documents.RepositoryDocument, { name: 'acme/api' })
}

async function everyMutation(): Promise<void> {
  await ask(postern.client(), documents.SignUpDocument, {
    input: { username: 'ada', email: 'ada@example.com', password: adminPassword },
  })
  const signIn = { input: { username: 'ada', password: adminPassword } }
  const { sessionToken } = (await ask(postern.client(), documents.SignInDocument, signIn)).signIn
  const ada = postern.client(sessionToken ?? '')
  await ask(ada, documents.ChangePasswordDocument, {
    input: { currentPassword: adminPassword, newPassword: `${adminPassword} too` },
  })
  await ask(ada, documents.SignOutDocument, {})

  await ask(owner, documents.CreateOrganizationDocument, { input: { name: 'globex', plan: 'TEAM' } })
  await ask(owner, documents.UpdateOrganizationDocument, { organization: 'globex', input: { displayName: 'Globex' } })
  await ask(owner, documents.ChangeOrganizationPlanDocument, { organization: 'globex', plan: 'BUSINESS' })

  const scopes = [everyRepository(), { ...everyRepository(), path: 'acme/old' }]
  const input = { organization: 'acme', label: 'release', scopes, idempotencyKey: 'release-1' }
  const generated = await ask(owner, documents.GenerateOrganizationTokenDocument, { input })
  await ask(owner, documents.GenerateOrganizationTokenDocument, { input })
  const id = generated.generateOrganizationToken.accessToken?.id ?? ''
  await ask(owner, documents.UpdateTokenDocument, { id, input: { label: 'releases', pullLimit: 9, scopes } })
  await ask(owner, documents.ActivateTokenDocument, { id })

  await ask(owner, documents.CreateRepositoryDocument, { input: { name: 'acme/new', visibility: 'PRIVATE' } })
  await ask(owner, documents.UpdateRepositoryDocument, {
    name: 'acme/new',
    input: { description: 'new', visibility: 'PUBLIC' },
  })
  await ask(owner, documents.DeleteRepositoryDocument, { name: 'acme/old' })
  await ask(owner, documents.DeactivateTokenDocument, { id })
  await ask(owner, documents.DeleteTokenDocument, { id })
}

/** Works on its own connection, and rolls everything back. */
async function rolledBack<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl() })
  await client.connect()
  try {
    await client.query('begin')
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The table that a partition belongs to. */
function wholeOf(table: string): string {
  return table.replace(/^(activity_event|usage_day)_(before|after|rest|\d{4}_\d{2})$/, '$1')
}

/** One line per table that a statement reads completely. */
async function wholeReads(client: pg.Client, statements: readonly Sent[]): Promise<string[]> {
  const explained = await explain(client, statements)
  return explained.flatMap(({ text, wholeReads }) => wholeReads.map((read) => `${read} in ${text}`))
}

describe('the statements of requests', () => {
  it('read no table from end to end', async () => {
    expect(await rolledBack((client) => wholeReads(client, sent))).toEqual([])
  })

  it('read no table from end to end to cascade a deletion', async () => {
    const lookups = await rolledBack(lookupsOfDeletions)
    expect(lookups.map(({ text }) => text)).toContain(
      'delete from only access_token_last_use where namespace_id = $1 and token_id = $2',
    )
    expect(await rolledBack((client) => wholeReads(client, lookups))).toEqual([])
  })

  it('the statements of requests are those of every operation, on all of their tables', async () => {
    const operations = Object.values(documents).filter((each) => typeof each === 'object' && 'definitions' in each)
    expect(asked).toEqual(new Set(operations))
    const explained = await rolledBack((client) => explain(client, sent))
    const tables = explained.flatMap((each) => each.tables).map(wholeOf)
    expect([...new Set(tables)].sort()).toEqual([
      'access_token',
      'access_token_address',
      'access_token_last_use',
      'access_token_scope',
      'access_token_secret',
      'activity_event',
      'anonymous_pull_reservation',
      'anonymous_usage_window',
      'company',
      'company_owner',
      'delivery',
      'deployment',
      'device_request',
      'failure_count',
      'group_membership',
      'group_repository',
      'idempotency_key',
      'invite',
      'member_group',
      'membership',
      'namespace',
      'notice',
      'organization',
      'pull_reservation',
      'refused_attempt',
      'registry_event',
      'registry_login',
      'repository',
      'repository_tag',
      'session',
      'sso_attempt',
      'sso_identity',
      'sso_provider',
      'usage_day',
      'usage_window',
      'user_account',
      'webhook',
    ])
  })
})

describe('the search for whole reads', () => {
  it.each([
    ['access_token', 'alter table access_token drop constraint access_token_id_key cascade'],
    ['access_token_secret', 'alter table access_token_secret drop constraint access_token_secret_hash_key'],
    ['company_owner', 'drop index company_owner_user_id_idx'],
    ['member_group', 'alter table member_group drop constraint member_group_id_key cascade'],
    ['invite', 'alter table invite drop constraint invite_id_key'],
    ['membership', 'drop index membership_user_id_idx'],
    ['namespace', 'alter table namespace drop constraint namespace_name_key'],
    ['organization', 'drop index organization_company_id_idx'],
    ['repository', 'alter table repository drop constraint repository_id_key'],
    ['session', 'drop index session_user_id_idx'],
    ['session', 'alter table session drop constraint session_secret_hash_key'],
    ['sso_attempt', 'alter table sso_attempt drop constraint sso_attempt_secret_hash_key'],
    ['sso_attempt', 'drop index sso_attempt_organization_id_idx'],
    ['user_account', 'alter table user_account drop constraint user_account_username_key'],
    ['user_account', 'drop index user_account_email_key'],
  ])('notices a missing index of %s: %s', async (table, dropIndex) => {
    const ofTable = sent.filter(({ text }) => text.includes(table))
    const found = await rolledBack(async (client) => {
      await client.query(dropIndex)
      return wholeReads(client, ofTable)
    })
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${table}: `)))
  })

  it('notices a missing index that only a deletion needs', async () => {
    const found = await rolledBack(async (client) => {
      await client.query('drop index access_token_created_by_id_idx')
      return wholeReads(client, await lookupsOfDeletions(client))
    })
    expect(found).toEqual(['access_token: Seq Scan in delete from only access_token where created_by_id = $1'])
  })

  it.each([
    ['a lookup without an index', 'where label = $1', 'Seq Scan'],
    ['a walk along an index in its order', 'where label = $1 order by id', 'along access_token_id_key'],
    ['a walk along most of an index', 'where id > $1', 'along access_token_id_key'],
  ])('notices %s', async (_, clause, how) => {
    const text = `select * from access_token ${clause}`
    const found = await rolledBack((client) => wholeReads(client, [{ text, values: ['tok_'] }]))
    expect(found).toEqual([`access_token: ${how} in ${text}`])
  })
})
