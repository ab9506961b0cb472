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
/** Owns the organizations `acme` and `lone`, and nothing of a company. */
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
  it('takes one who owns both; for one that is in it already nothing happens', async () => {
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

  it('takes both sides: neither owner of one alone, and no member', async () => {
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

  it('is an administrator’s to do for any two', async () => {
    await addOrganization(administrator, 'holding', 'acme')
    expect(await organizationsOf(holder.client, 'holding')).toEqual(['acme', 'both'])
    expect(await organizationsOf(administrator, 'holding')).toEqual(['acme', 'both'])
  })

  it('refuses one that is in another company', async () => {
    const before = await databaseDigest(postern)
    const answer = await addOrganization(administrator, 'other', 'acme')
    expect(faultsOf(answer)).toEqual(['TAKEN organization'])
    expect(answer.userErrors[0]?.message).not.toContain('holding')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('puts an organization into one company, when two want it at once', async () => {
    const id = await createOwnedOrganization(postern, owner.client, 'wanted')
    const answers = await whileLocked(
      postern,
      (em) => em.execute('select from organization where id = ? for update', [id]),
      ['holding', 'other'].map((company) => () => addOrganization(administrator, company, 'wanted')),
    )
    expect(answers.map((answer) => faultsOf(answer).join()).sort()).toEqual(['', 'TAKEN organization'])
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
  ])('is done by %s', async (_, client, actorName) => {
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

  it('answers the same for a company that is not, is another, or is none of the caller’s', async () => {
    await addOrganization(administrator, 'holding', 'acme')
    const answers = new Set<string>()
    for (const company of ['other', 'missing', 'Not A Name', '', '\u0000'])
      answers.add(JSON.stringify(await removeOrganization(owner.client, company, 'acme')))
    const member = await postern.signUp('mia')
    await addMember(postern, acme, member.client, 'MEMBER')
    for (const company of ['holding', 'missing'])
      answers.add(JSON.stringify(await removeOrganization(member.client, company, 'acme')))
    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain('"code":"NOT_FOUND"')
    expect([...answers][0]).toContain('"path":["company"]')
    expect(await companyOf('acme')).not.toBeNull()
  })

  it('answers owners of the company the same for whatever is not in it', async () => {
    const before = await databaseDigest(postern)
    const answers = new Set<string>()
    for (const organization of ['lone', 'none', 'Not A Name', '', '\u0000'])
      answers.add(JSON.stringify(await removeOrganization(holder.client, 'holding', organization)))
    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain('"path":["organization"]')
    expect(await databaseDigest(postern)).toBe(before)
  })
})

it('access tokens change no company', async () => {
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['MEMBER_EDIT' as const] }]
  const { secret } = await generateToken(owner.client, { scopes })
  const variables = { company: 'holding', organization: 'acme' }
  const token = postern.client(secret)
  expect(await token.codesOf(AddOrganizationToCompanyDocument, variables)).toEqual(['FORBIDDEN'])
  expect(await token.codesOf(RemoveOrganizationFromCompanyDocument, variables)).toEqual(['FORBIDDEN'])
})
