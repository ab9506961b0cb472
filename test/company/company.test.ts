import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CompaniesDocument,
  CompanyDocument,
  NodeDocument,
  OrganizationPolicyDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type CallerKind, type Callers, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { addOrganization, createCompany, organizationsOf, ownersOf } from './arrange.ts'

let postern: Postern
let callers: Callers
let administrator: Client
let companyOwner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  administrator = callers.all.administrator.client
  companyOwner = callers.all.companyOwner.client
})
afterAll(() => postern.stop())

const notManagers = ['stranger', 'member', 'editor', 'owner', 'ownerElsewhere', 'token', 'tokenElsewhere'] as const

describe('createCompany', () => {
  it('creates a company with its owners, and notifies the administrator and each owner', async () => {
    const response = await createCompany(administrator, 'acme', ['stranger', 'member', 'stranger'])
    expect(response).toEqual({
      company: {
        id: expect.stringMatching(/^com_[0-9A-Z]{26}$/),
        name: 'acme',
        owners: [{ username: 'member' }, { username: 'stranger' }],
      },
      userErrors: [],
    })
    expect(await ownersOf(callers.all.stranger.client, 'acme')).toEqual(['member', 'stranger'])
    expect(await organizationsOf(callers.all.stranger.client, 'acme')).toEqual([])
    expect((await recordedActivity(postern, 'admin')).at(-1)).toMatchObject({
      action: 'company.create',
      target: 'acme',
      actorName: 'admin',
      data: { owners: 'stranger member' },
    })
    for (const username of ['stranger', 'member'])
      expect((await recordedActivity(postern, username)).at(-1)).toMatchObject({
        action: 'company.owner_add',
        target: username,
        actorName: 'admin',
        data: { company: 'acme' },
      })
  })

  it('adds an administrator as an owner only if they name themselves', async () => {
    await createCompany(administrator, 'of-admin', ['admin'])
    expect(await ownersOf(administrator, 'of-admin')).toEqual(['admin'])
    expect((await recordedActivity(postern, 'admin')).slice(-1)).toMatchObject([{ action: 'company.create' }])
  })

  it('returns TAKEN for the name of another company, and changes nothing', async () => {
    const before = await databaseDigest(postern)
    const response = await createCompany(administrator, 'holding', ['stranger'])
    expect(response.company).toBeNull()
    expect(faultsOf(response)).toEqual(['TAKEN input.name'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('reports all errors together: the name, and each unknown owner', async () => {
    const before = await databaseDigest(postern)
    const response = await createCompany(administrator, 'No Name', ['nobody', 'owner', 'globex', 'a\u0000b'])
    expect(faultsOf(response)).toEqual([
      'INVALID input.name',
      'NOT_FOUND input.owners.0',
      'NOT_FOUND input.owners.2',
      'NOT_FOUND input.owners.3',
    ])
    for (const owners of [[], Array<string>(101).fill('owner')])
      expect(faultsOf(await createCompany(administrator, 'ownerless', owners))).toEqual(['INVALID input.owners'])
    for (const name of ['', 'a', 'x'.repeat(41), '-a', 'A', 'a\u0000b'])
      expect(faultsOf(await createCompany(administrator, name, ['owner']))).toEqual(['INVALID input.name'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('creates one company if several requests use the same name at the same time', async () => {
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => createCompany(administrator, 'wanted', ['stranger'])),
    )
    expect(responses.map((response) => faultsOf(response).join()).sort()).toEqual([
      '',
      ...Array(9).fill('TAKEN input.name'),
    ])
  })
})

describe('a company', () => {
  it.each<CallerKind>(['companyOwner', 'administrator'])(
    'a company is visible to the %s, by name and by id',
    async (kind) => {
      const { client } = callers.all[kind]
      const { company } = await client.execute(CompanyDocument, { name: 'holding' })
      expect(company).toMatchObject({
        name: 'holding',
        owners: [{ username: 'company-owner' }],
        organizations: { totalCount: 1, nodes: [{ id: callers.acmeId, name: 'acme' }] },
      })
      const id = company?.id ?? ''
      expect(await client.execute(NodeDocument, { id })).toEqual({ node: { __typename: 'Company', id } })
    },
  )

  it.each<CallerKind>([...notManagers])('looks to the %s like a missing one', async (kind) => {
    const { client } = callers.all[kind]
    const { company } = await administrator.execute(CompanyDocument, { name: 'holding' })
    for (const name of ['holding', 'missing', 'Not A Name', '', '\u0000'])
      expect(await client.execute(CompanyDocument, { name })).toEqual({ company: null })
    expect(await client.execute(NodeDocument, { id: company?.id ?? '' })).toEqual({ node: null })
  })

  it('a company is UNAUTHENTICATED for anonymous clients', async () => {
    expect(await postern.client().codesOf(CompanyDocument, { name: 'holding' })).toEqual(['UNAUTHENTICATED'])
  })

  it('a company is listed by name for its owners, and for nobody else', async () => {
    await createCompany(administrator, 'a-second', ['company-owner'])
    const companiesOf = async (client: Client) =>
      (await client.execute(CompaniesDocument, {})).viewer?.companies.map(({ name }) => name)
    expect(await companiesOf(companyOwner)).toEqual(['a-second', 'holding'])
    for (const kind of ['editor', 'owner', 'ownerElsewhere', 'token'] as const)
      expect(await companiesOf(callers.all[kind].client)).toEqual([])
    // Administrators see every company, but this lists the ones that they own.
    expect(await companiesOf(administrator)).toEqual(['of-admin'])
  })
})

describe('the company of an organization', () => {
  const companyOf = async (client: Client, name = 'acme') =>
    (await client.execute(OrganizationPolicyDocument, { name })).organization?.company

  it('the company of an organization is visible to those who manage the organization, with its owners', async () => {
    for (const kind of ['owner', 'companyOwner', 'administrator'] as const)
      expect(await companyOf(callers.all[kind].client)).toMatchObject({
        name: 'holding',
        owners: [{ username: 'company-owner' }],
      })
  })

  it('the company of an organization is null for its members and tokens, and without a company', async () => {
    for (const kind of ['member', 'editor', 'token'] as const)
      expect(await companyOf(callers.all[kind].client)).toBeNull()
    expect(await companyOf(callers.all.ownerElsewhere.client, 'globex')).toBeNull()
  })

  it('shows an owner of the organization no other organization of the company', async () => {
    await createOwnedOrganization(postern, callers.all.stranger.client, 'beside')
    await addOrganization(administrator, 'holding', 'beside')
    const query = `query ($first: Int, $after: String) { organization(name: "acme") { company { organizations(first: $first, after: $after) {
      totalCount nodes { name } pageInfo { hasNextPage endCursor } } } } }`
    const seenBy = async (client: Client, variables: object = {}) => {
      const { body } = await client.send({ query, variables })
      return JSON.parse(JSON.stringify(body.data)).organization.company.organizations
    }
    expect(await seenBy(callers.all.owner.client)).toMatchObject({ totalCount: 1, nodes: [{ name: 'acme' }] })
    for (const client of [companyOwner, administrator]) {
      expect(await seenBy(client)).toMatchObject({ totalCount: 2, nodes: [{ name: 'acme' }, { name: 'beside' }] })
      const first = await seenBy(client, { first: 1 })
      expect(first).toMatchObject({ nodes: [{ name: 'acme' }], pageInfo: { hasNextPage: true } })
      const second = await seenBy(client, { first: 1, after: first.pageInfo.endCursor })
      expect(second).toMatchObject({ nodes: [{ name: 'beside' }], pageInfo: { hasNextPage: false } })
    }
  })
})
