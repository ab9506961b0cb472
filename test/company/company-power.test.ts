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
/** Owns the company `holding`, in which is `acme`, and is a member of nothing. */
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

  it('changes the settings and the policy of its organizations, and not their plans', async () => {
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

  it('sees its private repositories, to choose scopes from, and makes and deletes none', async () => {
    const { client } = holder
    const { repository } = await client.execute(RepositoryDocument, { name: 'acme/private' })
    expect(repository?.name).toBe('acme/private')
    const input = { name: 'acme/mine', visibility: 'PRIVATE' as const }
    expect(await client.codesOf(CreateRepositoryDocument, { input })).toEqual(['FORBIDDEN'])
    expect(await client.codesOf(DeleteRepositoryDocument, { name: 'acme/private' })).toEqual(['FORBIDDEN'])
  })

  it.each(['pull', 'push', 'delete', '*'])('is granted no %s on its private repositories', async (action) => {
    const login = { username: 'holder', password: holder.password }
    const answer = await askForToken(postern.url, { login, scopes: [`repository:acme/private:${action}`] })
    expect(answer.status).toBe(200)
    expect(grantsIn(answer)).toEqual({})
  })

  it('pulls what is public as everybody does, and makes nothing by a push', async () => {
    const login = { username: 'holder', password: holder.password }
    const scopes = ['repository:acme/public:pull,push,delete', 'repository:acme/new:pull,push']
    expect(grantsIn(await askForToken(postern.url, { login, scopes }))).toEqual({ 'acme/public': ['pull'] })
    expect(await owner.client.execute(RepositoryDocument, { name: 'acme/new' })).toEqual({ repository: null })
    // The same question of one who belongs to the organization.
    const member = { username: 'owner', password: owner.password }
    const grants = grantsIn(await askForToken(postern.url, { login: member, scopes: scopes.slice(0, 1) }))
    expect(grants['acme/public']).toContain('push')
  })

  it('has nothing to do with organizations outside of the company', async () => {
    expect(faultsOf(await tryToGenerate(holder.client, { organization: 'lone' }))).toEqual([
      'NOT_FOUND input.organization',
    ])
    expect(await holder.client.execute(OrganizationDocument, { name: 'lone' })).toEqual({ organization: null })
  })
})

describe('when the organization has left the company', () => {
  it('it is to the company’s owners as one that does not exist, and its tokens go on working', async () => {
    const { id, secret } = await generateToken(holder.client, { label: 'left' })
    await removeOrganization(owner.client, 'holding', 'acme')
    const { client } = holder
    const refused = await tryToGenerate(client)
    expect(faultsOf(refused)).toEqual(['NOT_FOUND input.organization'])
    expect(refused).toEqual(await tryToGenerate(client, { organization: 'none' }))
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

  it('nothing of it is done for them in the rest of the same request', async () => {
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

describe('in the same request', () => {
  it('one who puts an organization into their company manages it', async () => {
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

  it('one who gives up the company manages nothing of it any more', async () => {
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

/** Generates a token, changes the company `holding`, and generates another: in one operation. */
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
