import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AddOrganizationToCompanyDocument,
  OrganizationPolicyDocument,
  RemoveOrganizationFromCompanyDocument,
} from '../../schema/typed-documents.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { faultsOf } from '../token/arrange.ts'
import { addOrganization, createCompany, organizationsOf, removeOrganization } from './arrange.ts'

let postern: Postern
let administrator: Client
/** Owns the company `holding`, and the organization `both`. */
let holder: Person
/** Owns the organizations `acme` and `lone`, and no company. */
let owner: Person
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  holder = await postern.signUp('holder')
  owner = await postern.signUp('owner')
  acme = await createOwnedOrganization(postern, owner.client, 'acme', 'BUSINESS')
  await createOwnedOrganization(postern, owner.client, 'lone')
  await createOwnedOrganization(postern, holder.client, 'both')
  await createCompany(administrator, 'holding', ['holder'])
  await createCompany(administrator, 'other', ['admin'])
})
afterAll(() => postern.stop())

const lastEvent = async (organization: string) => (await recordedActivity(postern, organization)).at(-1)

describe('addOrganizationToCompany', () => {
  it('adds an organization for somebody who owns both, and does nothing if it is in the company already', async () => {
    const { company, userErrors } = await addOrganization(holder.client, 'holding', 'both')
    expect(userErrors).toEqual([])
    expect(company).toMatchObject({ name: 'holding', organizations: { nodes: [{ name: 'both' }] } })
    expect(await lastEvent('both')).toMatchObject({
      action: 'organization.company_change',
      target: 'both',
      actorName: 'holder',
      data: { to: 'holding' },
    })
    const before = await databaseDigest(postern)
    expect((await addOrganization(holder.client, 'holding', 'both')).company).toEqual(company)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('requires an owner of both sides: it denies owners of one alone, and members', async () => {
    const before = await databaseDigest(postern)
    expect(faultsOf(await addOrganization(owner.client, 'holding', 'acme'))).toEqual(['NOT_FOUND company'])
    expect(faultsOf(await addOrganization(holder.client, 'holding', 'acme'))).toEqual(['NOT_FOUND organization'])
    expect(await addOrganization(holder.client, 'holding', 'acme')).toEqual(
      await addOrganization(holder.client, 'holding', 'none'),
    )
    expect(await addOrganization(owner.client, 'holding', 'acme')).toEqual(
      await addOrganization(owner.client, 'missing', 'acme'),
    )
    expect(await databaseDigest(postern)).toBe(before)
    await addMember(postern, acme, holder.client, 'EDITOR')
    const variables = { company: 'holding', organization: 'acme' }
    expect(await holder.client.codesOf(AddOrganizationToCompanyDocument, variables)).toEqual(['FORBIDDEN'])
    await postern.em().execute(`delete from membership where organization_id = ? and role = 'EDITOR'`, [acme])
  })

  it('allows administrators to add any organization to any company', async () => {
    await addOrganization(administrator, 'holding', 'acme')
    expect(await organizationsOf(holder.client, 'holding')).toEqual(['acme', 'both'])
    expect(await organizationsOf(administrator, 'holding')).toEqual(['acme', 'both'])
  })

  it('returns TAKEN for an organization that is in another company', async () => {
    const before = await databaseDigest(postern)
    const response = await addOrganization(administrator, 'other', 'acme')
    expect(faultsOf(response)).toEqual(['TAKEN organization'])
    expect(response.userErrors[0]?.message).not.toContain('holding')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('adds an organization to one of two companies that request it at the same time', async () => {
    const id = await createOwnedOrganization(postern, owner.client, 'wanted')
    const responses = await whileLocked(
      postern,
      (em) => em.execute('select from organization where id = ? for update', [id]),
      ['holding', 'other'].map((company) => () => addOrganization(administrator, company, 'wanted')),
    )
    expect(responses.map((response) => faultsOf(response).join()).sort()).toEqual(['', 'TAKEN organization'])
    expect((await recordedActivity(postern, 'wanted')).map(({ action }) => action)).toEqual([
      'organization.create',
      'organization.company_change',
    ])
  })
})

describe('removeOrganizationFromCompany', () => {
  const companyOf = async (organization: string) =>
    (await postern.em().findOneOrFail(Organization, { name: organization })).company

  it.each([
    ['an owner of the organization', () => owner.client, 'owner'],
    ['an owner of the company', () => holder.client, 'holder'],
    ['an administrator', () => administrator, 'admin'],
  ])('removes the organization for %s', async (_, client, actorName) => {
    await addOrganization(administrator, 'holding', 'acme')
    expect(await companyOf('acme')).not.toBeNull()
    const { company, userErrors } = await removeOrganization(client(), 'holding', 'acme')
    expect({ name: company?.name, userErrors }).toEqual({ name: 'holding', userErrors: [] })
    expect(await companyOf('acme')).toBeNull()
    expect(await lastEvent('acme')).toMatchObject({
      action: 'organization.company_change',
      target: 'acme',
      actorName,
      data: { from: 'holding' },
    })
    const { organization } = await owner.client.execute(OrganizationPolicyDocument, { name: 'acme' })
    expect(organization).toMatchObject({ name: 'acme', company: null })
  })

  it('returns the same for a missing company, another one, and one that the caller does not own', async () => {
    await addOrganization(administrator, 'holding', 'acme')
    const responses = new Set<string>()
    for (const company of ['other', 'missing', 'Not A Name', '', '\u0000'])
      responses.add(JSON.stringify(await removeOrganization(owner.client, company, 'acme')))
    const member = await postern.signUp('mia')
    await addMember(postern, acme, member.client, 'MEMBER')
    for (const company of ['holding', 'missing'])
      responses.add(JSON.stringify(await removeOrganization(member.client, company, 'acme')))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect([...responses][0]).toContain('"path":["company"]')
    expect(await companyOf('acme')).not.toBeNull()
  })

  it('returns the same to owners of the company for everything that is not in it', async () => {
    const before = await databaseDigest(postern)
    const responses = new Set<string>()
    for (const organization of ['lone', 'none', 'Not A Name', '', '\u0000'])
      responses.add(JSON.stringify(await removeOrganization(holder.client, 'holding', organization)))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"path":["organization"]')
    expect(await databaseDigest(postern)).toBe(before)
  })
})

it('access tokens cannot change companies', async () => {
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['MEMBER_EDIT' as const] }]
  const { secret } = await generateToken(owner.client, { scopes })
  const variables = { company: 'holding', organization: 'acme' }
  const token = postern.client(secret)
  expect(await token.codesOf(AddOrganizationToCompanyDocument, variables)).toEqual(['FORBIDDEN'])
  expect(await token.codesOf(RemoveOrganizationFromCompanyDocument, variables)).toEqual(['FORBIDDEN'])
})
