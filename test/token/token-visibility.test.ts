import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  ActivateTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  NodeDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { Company, CompanyOwner } from '../../src/domain/model/company.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, faultsOf, tryToGenerate, userIdOf } from './arrange.ts'
import { contentsOf } from './contents.ts'

const missing = 'tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM'

let postern: Postern
let token: { readonly id: string; readonly secret: string }
let other: { readonly id: string; readonly secret: string }
const callers = new Map<string, Client>()

beforeAll(async () => {
  postern = await startPostern()
  const administrator = await postern.signInAsAdministrator()
  const em = postern.em()
  const acme = await createOrganization(administrator, 'acme', 'BUSINESS')
  const globex = await createOrganization(administrator, 'globex', 'BUSINESS')
  for (const name of ['owner', 'editor', 'member', 'company-owner', 'owner-elsewhere', 'stranger'])
    callers.set(name, (await postern.signUp(name)).client)
  await addMember(em, acme, 'owner', 'OWNER')
  await addMember(em, acme, 'editor', 'EDITOR')
  await addMember(em, acme, 'member', 'MEMBER')
  await addMember(em, globex, 'owner-elsewhere', 'OWNER')
  const company = newId('com', new Date())
  await em.insert(Company, { id: company, name: 'holding', createdAt: new Date() })
  await em.insert(CompanyOwner, { company, user: await userIdOf(em, 'company-owner') })
  await em.nativeUpdate(Organization, { id: acme }, { company })
  // The administrator of the installation is not a member of the organization anymore.
  await em.execute('delete from membership where user_id = ?', [await userIdOf(em, 'admin')])

  token = await generateToken(clientOf('owner'))
  other = await generateToken(clientOf('owner'))
  callers.set('administrator', administrator)
  callers.set('anonymous', postern.client())
  callers.set('itself', postern.client(token.secret))
  callers.set('another token', postern.client(other.secret))
  callers.set('token elsewhere', postern.client((await tokenElsewhere()).secret))
})
afterAll(() => postern.stop())

function clientOf(caller: string): Client {
  const client = callers.get(caller)
  if (client === undefined) throw new Error(`There is no caller ${caller}.`)
  return client
}

async function tokenElsewhere() {
  return generateToken(clientOf('owner-elsewhere'), { organization: 'globex' })
}

describe('a token', () => {
  it.each(['owner', 'company-owner', 'itself'])(
    'a token is visible to %s, through accessToken and node',
    async (caller) => {
      const { accessToken } = await clientOf(caller).execute(AccessTokenDocument, { id: token.id })
      expect(accessToken).toMatchObject({ id: token.id, label: 'ci', organization: { name: 'acme' } })
      const { node } = await clientOf(caller).execute(NodeDocument, { id: token.id })
      expect(node).toEqual({ __typename: 'OrganizationAccessToken', id: token.id, label: 'ci' })
    },
  )

  it.each(['editor', 'member', 'owner-elsewhere', 'stranger', 'administrator', 'another token', 'token elsewhere'])(
    'looks to %s like a missing one',
    async (caller) => {
      const client = clientOf(caller)
      expect(await client.execute(AccessTokenDocument, { id: token.id })).toEqual({ accessToken: null })
      expect(await client.execute(AccessTokenDocument, { id: missing })).toEqual({ accessToken: null })
      expect(await client.execute(NodeDocument, { id: token.id })).toEqual({ node: null })
    },
  )

  it('a token is invisible to anonymous clients', async () => {
    expect(await clientOf('anonymous').codesOf(AccessTokenDocument, { id: token.id })).toEqual(['UNAUTHENTICATED'])
    expect(await clientOf('anonymous').codesOf(AccessTokenDocument, { id: missing })).toEqual(['UNAUTHENTICATED'])
    expect(await clientOf('anonymous').execute(NodeDocument, { id: token.id })).toEqual({ node: null })
  })

  it.each(['', 'x', 'tok_', 'tok_\u0000', 'rep_01JD9Z3R5W8V0Q6T2YB4NCXHKM', `tok_${'0'.repeat(1_000)}`])(
    'a token is not found by the id %j',
    async (id) => {
      expect(await clientOf('owner').execute(AccessTokenDocument, { id })).toEqual({ accessToken: null })
      expect(await clientOf('owner').execute(NodeDocument, { id })).toEqual({ node: null })
    },
  )

  it('sees itself in the viewer, and no list', async () => {
    const { viewer } = await clientOf('itself').execute(ViewerDocument, {})
    expect(viewer).toMatchObject({ user: null, organization: { name: 'acme' }, accessToken: { label: 'ci' } })
    expect(await clientOf('itself').codesOf(AccessTokensDocument, { organization: 'acme' })).toContain('FORBIDDEN')
  })
})

describe('the list of tokens and their limit', () => {
  const documents = {
    accessTokens: '{ organization(name: "acme") { accessTokens { nodes { id } totalCount } } }',
    tokenLimit: '{ organization(name: "acme") { tokenLimit { used } } }',
  }

  it.each(['owner', 'company-owner'])('the list of tokens and their limit are visible to %s', async (caller) => {
    const { organization } = await clientOf(caller).execute(AccessTokensDocument, { organization: 'acme' })
    expect(organization?.accessTokens.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([token.id, other.id]))
    expect(organization?.tokenLimit).toEqual({ limit: 100, used: 2, remaining: 98 })
  })

  it.each(Object.entries(documents))(
    'the list of tokens and their limit are not visible to anyone else: %s',
    async (_, query) => {
      for (const caller of ['editor', 'member', 'administrator', 'itself', 'another token']) {
        const { body } = await clientOf(caller).send({ query })
        expect([caller, body.errors?.map(({ extensions }) => extensions.code)]).toEqual([caller, ['FORBIDDEN']])
        expect(JSON.stringify(body.data ?? null)).not.toMatch(/tok_|used/)
      }
      for (const caller of ['owner-elsewhere', 'stranger', 'token elsewhere'])
        expect((await clientOf(caller).send({ query })).body).toEqual({ data: { organization: null } })
      const { body } = await clientOf('anonymous').send({ query })
      expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
    },
  )
})

describe('the mutations of a token', () => {
  const acts = [
    ['updateToken', UpdateTokenDocument, { input: { label: 'taken over' } }],
    ['deactivateToken', DeactivateTokenDocument, {}],
    ['activateToken', ActivateTokenDocument, {}],
    ['deleteToken', DeleteTokenDocument, {}],
  ] as const

  it.each(acts)('%s is denied to everyone who does not manage it, and nothing is written', async (_, ...act) => {
    const [document, variables] = act
    const responseTo = async (caller: string, id: string) => {
      const { body } = await clientOf(caller).send({ query: print(document), variables: { id, ...variables } })
      return body
    }
    // Uses of the calling tokens are not compared.
    for (const caller of ['itself', 'another token', 'token elsewhere']) await responseTo(caller, missing)
    const rows = async () => {
      const { access_token, access_token_scope, activity_event } = await contentsOf(postern.em())
      return { access_token, access_token_scope, activity_event }
    }
    const before = await rows()
    for (const caller of callers.keys()) {
      if (caller === 'owner' || caller === 'company-owner') continue
      const response = await responseTo(caller, token.id)
      expect([caller, response]).toEqual([caller, await responseTo(caller, missing)])
      const code = response.errors?.[0]?.extensions.code ?? JSON.stringify(response.data)
      const isToken = ['itself', 'another token', 'token elsewhere'].includes(caller)
      const expected = caller === 'anonymous' ? 'UNAUTHENTICATED' : isToken ? 'FORBIDDEN' : '"code":"NOT_FOUND"'
      expect([caller, code]).toEqual([caller, expect.stringContaining(expected)])
    }
    expect(await rows()).toEqual(before)
  })

  it('succeed for an owner of the company who is not a member', async () => {
    const client = clientOf('company-owner')
    const created = await tryToGenerate(client)
    expect(faultsOf(created)).toEqual([])
    const id = created.accessToken?.id ?? ''
    const { updateToken } = await client.execute(UpdateTokenDocument, { id, input: { label: 'by the company' } })
    expect(updateToken.accessToken?.label).toBe('by the company')
    const { deactivateToken } = await client.execute(DeactivateTokenDocument, { id })
    expect(deactivateToken.accessToken?.status).toBe('INACTIVE')
    expect((await client.execute(DeleteTokenDocument, { id })).deleteToken.deletedId).toBe(id)
  })
})
