import { print } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CompaniesDocument,
  CompanyDocument,
  CreateCompanyDocument,
  NodeDocument,
  OrganizationPolicyDocument,
  RemoveCompanyOwnerDocument,
  RemoveOrganizationFromCompanyDocument,
  UpdateOrganizationPolicyDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken, grantsIn } from '../harness/token-endpoint.ts'
import { userIdOf } from '../token/arrange.ts'
import { addOrganization, createCompany } from './arrange.ts'

let postern: Postern
let companyId: string
/** Personal tokens with full access: one of an owner of `holding`, one of an administrator. */
let tokens: ReadonlyArray<{ readonly username: string; readonly secret: string; readonly client: Client }>

beforeAll(async () => {
  postern = await startPostern()
  const administrator = await postern.signInAsAdministrator()
  await postern.signUp('holder')
  await createOrganization(administrator, 'acme')
  await createRepository(administrator, 'acme/private')
  companyId = (await createCompany(administrator, 'holding', ['holder'])).company?.id ?? ''
  await addOrganization(administrator, 'holding', 'acme')
  tokens = await Promise.all(
    ['holder', 'admin'].map(async (username) => {
      const secret = await insertPersonalToken(username)
      return { username, secret, client: postern.client(secret) }
    }),
  )
})
afterAll(() => postern.stop())

/** Inserts a personal token with full access, and returns its secret. */
async function insertPersonalToken(username: string): Promise<string> {
  const em = postern.em()
  const now = new Date()
  const ofToken = { namespace: await userIdOf(em, username), token: newId('tok', now) }
  em.create(AccessToken, {
    id: ofToken.token,
    namespace: ofToken.namespace,
    label: 'laptop',
    createdAt: now,
    expiresAt: null,
    deactivatedAt: null,
    access: 'READ_WRITE_DELETE',
    session: null,
  })
  const secret = mintSecret('pstn', 'pat')
  const hash = hashSecret(secret.reveal(), deriveKeys(postern.config.secretKey).tokenHashKey)
  em.create(AccessTokenSecret, {
    ...ofToken,
    id: newId('sec', now),
    hash,
    hint: secret.hint,
    createdAt: now,
    expiresAt: null,
  })
  em.create(AccessTokenScope, {
    ...ofToken,
    position: 0,
    kind: 'REACHABLE_REPOSITORIES',
    permissions: ['IMAGE_DELETE', 'REPOSITORY_ADMIN'],
  })
  await em.flush()
  return secret.reveal()
}

it('a personal token sees no company', async () => {
  for (const { client, username } of tokens) {
    const { viewer } = await client.execute(CompaniesDocument, {})
    expect({ username, viewer }).toEqual({ username, viewer: { companies: [] } })
    expect(await client.execute(CompanyDocument, { name: 'holding' })).toEqual({ company: null })
    expect(await client.execute(NodeDocument, { id: companyId })).toEqual({ node: null })
    const { organization } = await client.execute(OrganizationPolicyDocument, { name: 'acme' })
    expect(organization).toMatchObject({ name: 'acme', policy: { ssoEnforced: false }, company: null })
  }
})

it('a personal token is denied changes of companies and policies, with a message', async () => {
  const organization = 'acme'
  const company = 'holding'
  const attempts = [
    [CreateCompanyDocument, { input: { name: 'mine', owners: ['holder'] } }],
    [AddCompanyOwnerDocument, { company, username: 'admin' }],
    [RemoveCompanyOwnerDocument, { company, username: 'holder' }],
    [AddOrganizationToCompanyDocument, { company, organization }],
    [RemoveOrganizationFromCompanyDocument, { company, organization }],
    [UpdateOrganizationPolicyDocument, { organization, input: { maxTokenLifetimeDays: 1 } }],
  ] as const
  const before = await databaseDigest(postern)
  for (const { client } of tokens)
    for (const [document, variables] of attempts) {
      const { body } = await client.send({ query: print(document), variables })
      expect(body.errors).toMatchObject([
        {
          extensions: { code: 'FORBIDDEN' },
          message: 'An access token may not do this. Sign in as a person who may.',
        },
      ])
    }
  expect(await databaseDigest(postern)).toBe(before)
})

it('a personal token of an owner of the company neither pulls from nor pushes to its organizations', async () => {
  const grantsOf = async ({ username, secret }: (typeof tokens)[number]) =>
    grantsIn(
      await askForToken(postern.url, {
        login: { username, password: secret },
        scopes: ['repository:acme/private:pull,push,delete'],
      }),
    )
  const [holder, owner] = await Promise.all(tokens.map(grantsOf))
  expect(holder).toEqual({})
  // The administrator is an owner of the organization itself.
  expect(owner?.['acme/private']).toContain('push')
})
