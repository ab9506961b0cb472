import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  ChangeOrganizationPlanDocument,
  CreateRepositoryDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  OrganizationDocument,
  RepositoryDocument,
  UpdateOrganizationDocument,
  UpdateOrganizationPolicyDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken, grantsIn } from '../harness/token-endpoint.ts'
import { everyRepository, faultsOf, tryToGenerate } from '../token/arrange.ts'
import { addOrganization, createCompany, removeOrganization, removeOwner } from './arrange.ts'

let postern: Postern
let administrator: Client
/** Owns the company `holding`, which contains `acme`, and is not a member of an organization. */
let holder: Person
let owner: Person

beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  holder = await postern.signUp('holder')
  owner = await postern.signUp('owner')
  await createOwnedOrganization(postern, owner.client, 'acme', 'BUSINESS')
  await createOwnedOrganization(postern, owner.client, 'lone', 'BUSINESS')
  await createRepository(owner.client, 'acme/private')
  await createRepository(owner.client, 'acme/public', 'PUBLIC')
  await createCompany(administrator, 'holding', ['holder', 'admin'])
})
beforeEach(async () => {
  await addOrganization(administrator, 'holding', 'acme')
})
afterAll(() => postern.stop())

describe('an owner of the company', () => {
  it('generates, lists, changes, deactivates and deletes tokens of its organizations', async () => {
    const { client } = holder
    const { id } = await generateToken(client, { label: 'held' })
    const { organization } = await client.execute(AccessTokensDocument, { organization: 'acme' })
    expect(organization?.accessTokens.nodes).toMatchObject([{ id, label: 'held' }])
    const { updateToken } = await client.execute(UpdateTokenDocument, { id, input: { label: 'changed' } })
    expect(updateToken).toMatchObject({ accessToken: { label: 'changed' }, userErrors: [] })
    expect((await client.execute(DeactivateTokenDocument, { id })).deactivateToken.userErrors).toEqual([])
    expect((await client.execute(DeleteTokenDocument, { id })).deleteToken.deletedId).toBe(id)
  })

  it('changes the settings and the policy of its organizations, but not their plans', async () => {
    const { client } = holder
    const variables = { organization: 'acme', input: { displayName: 'Held' } }
    const { updateOrganization } = await client.execute(UpdateOrganizationDocument, variables)
    expect(updateOrganization.organization?.displayName).toBe('Held')
    const input = { allowTokenReactivation: true }
    const { updateOrganizationPolicy } = await client.execute(UpdateOrganizationPolicyDocument, {
      organization: 'acme',
      input,
    })
    expect(updateOrganizationPolicy.organization?.policy).toMatchObject(input)
    expect(await client.codesOf(ChangeOrganizationPlanDocument, { organization: 'acme', plan: 'FREE' })).toEqual([
      'FORBIDDEN',
    ])
  })

  it('sees its private repositories, to choose scopes, and neither creates nor deletes repositories', async () => {
    const { client } = holder
    const { repository } = await client.execute(RepositoryDocument, { name: 'acme/private' })
    expect(repository?.name).toBe('acme/private')
    const input = { name: 'acme/mine', visibility: 'PRIVATE' as const }
    expect(await client.codesOf(CreateRepositoryDocument, { input })).toEqual(['FORBIDDEN'])
    expect(await client.codesOf(DeleteRepositoryDocument, { name: 'acme/private' })).toEqual(['FORBIDDEN'])
  })

  it.each(['pull', 'push', 'delete', '*'])(
    'an owner of the company is granted no %s on its private repositories',
    async (action) => {
      const login = { username: 'holder', password: holder.password }
      const response = await askForToken(postern.url, { login, scopes: [`repository:acme/private:${action}`] })
      expect(response.status).toBe(200)
      expect(grantsIn(response)).toEqual({})
    },
  )

  it('pulls public repositories like everybody, and creates nothing by a push', async () => {
    const login = { username: 'holder', password: holder.password }
    const scopes = ['repository:acme/public:pull,push,delete', 'repository:acme/new:pull,push']
    expect(grantsIn(await askForToken(postern.url, { login, scopes }))).toEqual({ 'acme/public': ['pull'] })
    expect(await owner.client.execute(RepositoryDocument, { name: 'acme/new' })).toEqual({ repository: null })
    // The same request of a member of the organization.
    const member = { username: 'owner', password: owner.password }
    const grants = grantsIn(await askForToken(postern.url, { login: member, scopes: scopes.slice(0, 1) }))
    expect(grants['acme/public']).toContain('push')
  })

  it('an owner of the company has no rights on organizations outside of the company', async () => {
    expect(faultsOf(await tryToGenerate(holder.client, { organization: 'lone' }))).toEqual([
      'NOT_FOUND input.organization',
    ])
    expect(await holder.client.execute(OrganizationDocument, { name: 'lone' })).toEqual({ organization: null })
  })
})

describe('an organization that has left the company', () => {
  it('an organization that has left the company is invisible to its owners, and its tokens keep working', async () => {
    const { id, secret } = await generateToken(holder.client, { label: 'left' })
    await removeOrganization(owner.client, 'holding', 'acme')
    const { client } = holder
    const failed = await tryToGenerate(client)
    expect(faultsOf(failed)).toEqual(['NOT_FOUND input.organization'])
    expect(failed).toEqual(await tryToGenerate(client, { organization: 'none' }))
    expect(await client.execute(OrganizationDocument, { name: 'acme' })).toEqual({ organization: null })
    const { updateToken } = await client.execute(UpdateTokenDocument, { id, input: { label: 'x' } })
    const { deleteToken } = await client.execute(DeleteTokenDocument, { id })
    expect([updateToken, deleteToken].map(faultsOf)).toEqual([['NOT_FOUND id'], ['NOT_FOUND id']])
    const { updateOrganization } = await client.execute(UpdateOrganizationDocument, {
      organization: 'acme',
      input: { displayName: 'Mine' },
    })
    expect(faultsOf(updateOrganization)).toEqual(['NOT_FOUND organization'])
    const login = { username: 'acme', password: secret }
    const scopes = ['repository:acme/private:pull']
    expect(grantsIn(await askForToken(postern.url, { login, scopes }))).toEqual({ 'acme/private': ['pull'] })
  })

  it('an organization that has left the company is invisible to them in the rest of the same request', async () => {
    await createOwnedOrganization(postern, holder.client, 'own')
    const { body } = await holder.client.send({ query: oneRequest('removeOrganizationFromCompany', 'acme') })
    expect(body).toMatchObject({
      data: {
        before: { userErrors: [] },
        change: { company: { organizations: { nodes: [] } }, userErrors: [] },
        after: { userErrors: [{ code: 'NOT_FOUND' }] },
      },
    })
  })
})

describe('a request that changes a company', () => {
  it('lets the caller manage an organization that it added', async () => {
    await createOwnedOrganization(postern, administrator, 'lent', 'BUSINESS')
    await postern
      .em()
      .execute(`delete from membership where organization_id = (select id from organization where name = 'lent')`)
    const before = await administrator.codesOf(GenerateOrganizationTokenDocument, {
      input: { organization: 'lent', label: 'x', scopes: [everyRepository('lent')] },
    })
    expect(before).toEqual(['FORBIDDEN'])
    const query = oneRequest('addOrganizationToCompany', 'lent').replace(/^ *before.*$/m, '')
    expect((await administrator.send({ query })).body).toMatchObject({
      data: { change: { userErrors: [] }, after: { userErrors: [] } },
    })
  })

  it('lets the caller manage nothing after it removed them as owner', async () => {
    const query = oneRequest('removeCompanyOwner', 'acme', 'username: "holder"')
    expect((await holder.client.send({ query })).body).toMatchObject({
      data: {
        before: { userErrors: [] },
        change: { company: { owners: [{ username: 'admin' }], organizations: { nodes: [] } } },
        after: { userErrors: [{ code: 'NOT_FOUND' }] },
      },
    })
    expect(faultsOf(await removeOwner(holder.client, 'holding', 'admin'))).toEqual(['NOT_FOUND company'])
  })
})

/** In one operation: generates a token, changes the company `holding`, and generates another token. */
function oneRequest(change: string, organization: string, what = `organization: "${organization}"`): string {
  const generate = `generateOrganizationToken(input: { organization: "${organization}", label: "ci",
    scopes: [{ resource: REPOSITORY, path: "${organization}/*", permissions: [IMAGE_PULL] }] }) { userErrors { code } }`.replaceAll(
    '\n',
    ' ',
  )
  return `mutation {
    before: ${generate}
    change: ${change}(company: "holding", ${what}) {
      company { owners { username } organizations { nodes { name } } } userErrors { code }
    }
    after: ${generate}
  }`
}
