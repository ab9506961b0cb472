import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AddCompanyOwnerDocument, RemoveCompanyOwnerDocument } from '../../schema/typed-documents.ts'
import { Company } from '../../src/domain/model/company.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActions, recordedActivity } from '../account/recorded-activity.ts'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { faultsOf } from '../token/arrange.ts'
import { addOrganization, addOwner, createCompany, organizationsOf, ownersOf, removeOwner } from './arrange.ts'

let postern: Postern
let administrator: Client
/** Owns the company `holding`, which contains `acme`. */
let holder: Person
/** Owns the organization `acme`. */
let owner: Person
let ada: Person

beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  holder = await postern.signUp('holder')
  owner = await postern.signUp('owner')
  ada = await postern.signUp('ada')
  await createOwnedOrganization(postern, owner.client, 'acme', 'BUSINESS')
  await createCompany(administrator, 'holding', ['holder'])
  await addOrganization(administrator, 'holding', 'acme')
})
afterAll(() => postern.stop())

describe('addCompanyOwner', () => {
  it('adds an owner, and notifies them and every organization of the company', async () => {
    const { company, userErrors } = await addOwner(holder.client, 'holding', 'ada')
    expect({ owners: company?.owners, userErrors }).toEqual({
      owners: [{ username: 'ada' }, { username: 'holder' }],
      userErrors: [],
    })
    expect(await organizationsOf(ada.client, 'holding')).toEqual(['acme'])
    for (const namespace of ['ada', 'acme'])
      expect((await recordedActivity(postern, namespace)).at(-1)).toMatchObject({
        action: 'company.owner_add',
        target: 'ada',
        actorName: 'holder',
        data: { company: 'holding' },
      })
  })

  it('addCompanyOwner does nothing for a person who is an owner', async () => {
    const before = await databaseDigest(postern)
    expect((await addOwner(holder.client, 'holding', 'ada')).userErrors).toEqual([])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns NOT_FOUND for an unknown username only to those who manage the company', async () => {
    const before = await databaseDigest(postern)
    for (const username of ['nobody', 'acme', '', 'a\u0000b'])
      expect(faultsOf(await addOwner(holder.client, 'holding', username))).toEqual(['NOT_FOUND username'])
    const hidden = await addOwner(owner.client, 'holding', 'nobody')
    expect(faultsOf(hidden)).toEqual(['NOT_FOUND company'])
    expect(hidden).toEqual(await addOwner(owner.client, 'missing', 'owner'))
    expect(await databaseDigest(postern)).toBe(before)
  })
})

describe('removeCompanyOwner', () => {
  it('removes an owner immediately, and notifies them and every organization', async () => {
    expect((await removeOwner(administrator, 'holding', 'ada')).company?.owners).toEqual([{ username: 'holder' }])
    expect(await ownersOf(ada.client, 'holding')).toBeNull()
    for (const namespace of ['ada', 'acme'])
      expect((await recordedActivity(postern, namespace)).at(-1)).toMatchObject({
        action: 'company.owner_remove',
        target: 'ada',
        actorName: 'admin',
        data: { company: 'holding' },
      })
  })

  it('lets owners remove themselves', async () => {
    await addOwner(administrator, 'holding', 'ada')
    expect((await removeOwner(ada.client, 'holding', 'ada')).userErrors).toEqual([])
    expect(faultsOf(await removeOwner(ada.client, 'holding', 'holder'))).toEqual(['NOT_FOUND company'])
  })

  it('keeps the last owner, also if an administrator removes them', async () => {
    const before = await databaseDigest(postern)
    for (const client of [holder.client, administrator])
      expect(faultsOf(await removeOwner(client, 'holding', 'holder'))).toEqual(['LAST_OWNER username'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns the same for a person who is not an owner and an unknown name', async () => {
    const before = await databaseDigest(postern)
    const responses = new Set<string>()
    for (const username of ['ada', 'nobody', 'acme', '', 'a\u0000b'])
      responses.add(JSON.stringify(await removeOwner(holder.client, 'holding', username)))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('keeps exactly one owner if all are removed at the same time on two servers', async () => {
    const second = await postern.startSecondInstance()
    const names = Array.from({ length: 6 }, (_, index) => `owner-${index}`)
    const people = await Promise.all(names.map((name) => postern.signUp(name)))
    await createCompany(administrator, 'falling', names)
    const { id } = await postern.em().findOneOrFail(Company, { name: 'falling' })
    const clients = people.map(({ client }, index) => (index % 2 === 0 ? client : second.client(client.token)))
    // Each removes the next one.
    const responses = await whileLocked(
      postern,
      (em) => em.execute('select from company where id = ? for update', [id]),
      clients.map((client, index) => () => removeOwner(client, 'falling', `owner-${(index + 1) % 6}`)),
    )
    await second.stop()
    expect(responses.map((response) => faultsOf(response).join()).sort()).toEqual([
      ...Array(5).fill(''),
      'LAST_OWNER username',
    ])
    expect(await ownersOf(administrator, 'falling')).toHaveLength(1)
    const actions = await Promise.all(names.map((name) => recordedActions(postern, name)))
    expect(actions.flat().filter((action) => action === 'company.owner_remove')).toHaveLength(5)
  })
})

it('access tokens and anonymous clients cannot change owners', async () => {
  const { secret } = await generateToken(owner.client, {
    scopes: [{ resource: 'ORGANIZATION', path: 'acme', permissions: ['MEMBER_EDIT'] }],
  })
  const variables = { company: 'holding', username: 'ada' }
  for (const [client, code] of [
    [postern.client(secret), 'FORBIDDEN'],
    [postern.client(), 'UNAUTHENTICATED'],
  ] as const) {
    expect(await client.codesOf(AddCompanyOwnerDocument, variables)).toEqual([code])
    expect(await client.codesOf(RemoveCompanyOwnerDocument, variables)).toEqual([code])
  }
  expect(await ownersOf(holder.client, 'holding')).toEqual(['holder'])
})
