import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  ChangeOrganizationPlanDocument,
  GenerateOrganizationTokenDocument,
  OrganizationDocument,
  type Plan,
  UpdateOrganizationDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { arrangeCallers, type Callers, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { recordedActivity } from './recorded-activity.ts'

let postern: Postern
let callers: Callers
let owner: Client
let administrator: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  administrator = callers.all.administrator.client
})
afterAll(() => postern.stop())

async function update(client: Client, organization: string, input: { readonly displayName?: string | null }) {
  return (await client.execute(UpdateOrganizationDocument, { organization, input })).updateOrganization
}

async function changePlan(client: Client, organization: string, plan: Plan) {
  return (await client.execute(ChangeOrganizationPlanDocument, { organization, plan })).changeOrganizationPlan
}

describe('updateOrganization', () => {
  it('changes the display name, for owners of the organization and of its company', async () => {
    for (const [kind, displayName] of [
      ['owner', 'The Owned'],
      ['companyOwner', 'The Held'],
    ] as const) {
      const response = await update(callers.all[kind].client, 'acme', { displayName: ` ${displayName} ` })
      expect(response).toEqual({ organization: { id: callers.acmeId, displayName }, userErrors: [] })
      expect((await owner.execute(OrganizationDocument, { name: 'acme' })).organization?.displayName).toBe(displayName)
      expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
        action: 'organization.update',
        target: 'acme',
        actorName: callers.all[kind].login?.username,
        data: { displayName },
      })
    }
  })

  it('changes no other organization', async () => {
    await update(owner, 'acme', { displayName: 'Only Acme' })
    const { organization } = await callers.all.ownerElsewhere.client.execute(OrganizationDocument, { name: 'globex' })
    expect(organization?.displayName).toBe('globex')
  })

  it('records nothing if nothing is given', async () => {
    const before = await databaseDigest(postern)
    expect(await update(owner, 'acme', {})).toEqual({
      organization: { id: callers.acmeId, displayName: 'Only Acme' },
      userErrors: [],
    })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('validates the display name', async () => {
    const before = await databaseDigest(postern)
    for (const displayName of [null, '', '  ', 'x'.repeat(101), 'two\nlines', 'a\u0000null']) {
      const { organization, userErrors } = await update(owner, 'acme', { displayName })
      expect(organization).toBeNull()
      expect(userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'displayName'] }])
    }
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns the same for an invisible organization, a missing one, and a malformed name', async () => {
    const responses = new Set<string>()
    for (const organization of ['globex', 'absent', 'Not A Name', '', '\u0000', 'x'.repeat(1_000)])
      responses.add(JSON.stringify(await update(owner, organization, { displayName: 'Mine' })))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect([...responses][0]).toContain('"path":["organization"]')
  })

  it('validates the display name only for those who may change it', async () => {
    const input = { organization: 'globex', input: { displayName: '' } }
    const { updateOrganization } = await owner.execute(UpdateOrganizationDocument, input)
    expect(updateOrganization.userErrors.map(({ code }) => code)).toEqual(['NOT_FOUND'])
  })
})

describe('changeOrganizationPlan', () => {
  it('changes the plan, and applies its limits to the next token', async () => {
    const id = await createOwnedOrganization(postern, owner, 'growing')
    const input = { organization: 'growing', label: 'ci', scopes: [everyRepository('growing')] }
    const generate = () => owner.execute(GenerateOrganizationTokenDocument, { input })
    expect((await generate()).generateOrganizationToken.userErrors).toMatchObject([{ code: 'PLAN_REQUIRED' }])
    expect(await changePlan(administrator, 'growing', 'TEAM')).toEqual({
      organization: { id, plan: 'TEAM' },
      userErrors: [],
    })
    expect((await generate()).generateOrganizationToken.userErrors).toEqual([])
    expect((await recordedActivity(postern, 'growing')).map(({ action, data }) => [action, data])).toMatchObject([
      ['organization.create', {}],
      ['organization.plan_change', { from: 'FREE', to: 'TEAM' }],
      ['access_token.create', {}],
    ])
  })

  it('keeps tokens beyond a smaller plan, and allows no new ones until there is room', async () => {
    await createOwnedOrganization(postern, owner, 'shrinking', 'BUSINESS')
    const scopes = [everyRepository('shrinking')]
    const secrets: string[] = []
    for (let created = 0; created < 12; created += 1)
      secrets.push((await generateToken(owner, { organization: 'shrinking', label: `ci-${created}`, scopes })).secret)
    const limit = async () =>
      (await owner.execute(AccessTokensDocument, { organization: 'shrinking', first: 0 })).organization?.tokenLimit
    const errorCodes = async () => {
      const input = { organization: 'shrinking', label: 'one more', scopes }
      const { generateOrganizationToken } = await owner.execute(GenerateOrganizationTokenDocument, { input })
      return generateOrganizationToken.userErrors.map(({ code }) => code)
    }

    await changePlan(administrator, 'shrinking', 'TEAM')
    expect(await limit()).toEqual({ limit: 10, used: 12, remaining: 0 })
    expect(await errorCodes()).toEqual(['TOKEN_LIMIT_REACHED'])
    for (const secret of secrets) {
      const { body } = await postern.client(secret).send({ query: '{ viewer { organization { name } } }' })
      expect(body.data).toEqual({ viewer: { organization: { name: 'shrinking' } } })
    }
    await changePlan(administrator, 'shrinking', 'FREE')
    expect(await limit()).toEqual({ limit: 0, used: 12, remaining: 0 })
    expect(await errorCodes()).toEqual(['PLAN_REQUIRED'])
  })

  it('records nothing if the plan is the same', async () => {
    const before = await databaseDigest(postern)
    expect(await changePlan(administrator, 'acme', 'BUSINESS')).toEqual({
      organization: { id: callers.acmeId, plan: 'BUSINESS' },
      userErrors: [],
    })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns NOT_FOUND for a missing organization to administrators only', async () => {
    const response = await changePlan(administrator, 'absent', 'TEAM')
    expect(response).toMatchObject({ organization: null, userErrors: [{ code: 'NOT_FOUND', path: ['organization'] }] })
    for (const organization of ['acme', 'globex', 'absent'])
      expect(await owner.codesOf(ChangeOrganizationPlanDocument, { organization, plan: 'TEAM' })).toEqual(['FORBIDDEN'])
  })
})

function everyRepository(organization: string) {
  return { resource: 'REPOSITORY' as const, path: `${organization}/*`, permissions: ['IMAGE_PULL' as const] }
}
