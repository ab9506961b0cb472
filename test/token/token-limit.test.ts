import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  ChangeOrganizationPlanDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  type Plan,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, expire, faultsOf, grantedActions, insertTokens, tryToGenerate } from './arrange.ts'
import { contentsOf, tablesWith } from './contents.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let ownerOnSecond: Client

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  ownerOnSecond = second.client(owner.token)
})
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

async function tokenLimitOf(organization: string) {
  return (await owner.execute(AccessTokensDocument, { organization })).organization?.tokenLimit
}

function changePlan(organization: string, plan: Plan) {
  return owner.execute(ChangeOrganizationPlanDocument, { organization, plan })
}

describe('an organization on the plan FREE', () => {
  it('an organization on FREE cannot have tokens: PLAN_REQUIRED, and nothing is written', async () => {
    await createOrganization(owner, 'free', 'FREE')
    expect(await tokenLimitOf('free')).toEqual({ limit: 0, used: 0, remaining: 0 })
    const before = await databaseDigest(postern)
    const payload = await tryToGenerate(owner, { organization: 'free' })
    expect(faultsOf(payload)).toEqual(['PLAN_REQUIRED input.organization'])
    expect(payload).toMatchObject({ accessToken: null, secret: null })
    expect(await databaseDigest(postern)).toBe(before)

    await changePlan('free', 'TEAM')
    expect(faultsOf(await tryToGenerate(owner, { organization: 'free' }))).toEqual([])
  })
})

describe('200 requests at once on two servers', () => {
  it.each([
    { plan: 'TEAM', name: 'team', limit: 10 },
    { plan: 'BUSINESS', name: 'business', limit: 100 },
  ] as const)(
    'generate exactly $limit tokens on the plan $plan, and return the reason to the others',
    async (sample) => {
      const { plan, name, limit } = sample
      const id = await createOrganization(owner, name, plan)
      const other = await createOrganization(owner, `beside-${name}`, plan)
      const payloads = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const client = index % 2 === 0 ? owner : ownerOnSecond
          const input = { organization: name, label: `ci ${index}`, scopes: [everyRepository(name)] }
          return (await client.execute(GenerateOrganizationTokenDocument, { input })).generateOrganizationToken
        }),
      )
      const created = payloads.filter(({ accessToken }) => accessToken !== null)
      expect(created).toHaveLength(limit)
      expect(new Set(created.map(({ accessToken }) => accessToken?.id)).size).toBe(limit)
      expect(new Set(created.map(({ secret }) => secret)).size).toBe(limit)
      const failed = payloads.filter(({ accessToken }) => accessToken === null)
      expect(new Set(failed.map((payload) => faultsOf(payload).join()))).toEqual(
        new Set(['TOKEN_LIMIT_REACHED input.organization']),
      )
      expect(failed.filter(({ secret }) => secret !== null)).toEqual([])

      expect(await tokenLimitOf(name)).toEqual({ limit, used: limit, remaining: 0 })
      expect(await postern.em().count(AccessToken, { namespace: id })).toBe(limit)
      expect(await postern.em().count(AccessToken, { namespace: other })).toBe(0)
      const events = (await contentsOf(postern.em())).activity_event?.filter(
        (row) => row.includes(id) && row.includes('access_token.create'),
      )
      expect(events).toHaveLength(limit)
    },
  )
})

describe('a place in the plan', () => {
  it('a place in the plan is used by inactive and expired tokens too, and only freed by deletion', async () => {
    await createOrganization(owner, 'places')
    const ids: string[] = []
    for (let created = 0; created < 10; created++) ids.push((await generateToken(owner, { organization: 'places' })).id)
    const [inactive = '', expired = '', both = '', active = ''] = ids
    await owner.execute(DeactivateTokenDocument, { id: inactive })
    await owner.execute(DeactivateTokenDocument, { id: both })
    await expire(postern.em(), expired, both)

    const full = { limit: 10, used: 10, remaining: 0 }
    for (const id of [inactive, expired, both, active]) {
      expect(await tokenLimitOf('places')).toEqual(full)
      const failed = await tryToGenerate(owner, { organization: 'places' })
      expect(faultsOf(failed)).toEqual(['TOKEN_LIMIT_REACHED input.organization'])
      await owner.execute(DeleteTokenDocument, { id })
      expect(await tokenLimitOf('places')).toEqual({ limit: 10, used: 9, remaining: 1 })
      await generateToken(owner, { organization: 'places' })
    }
    expect(await tokenLimitOf('places')).toEqual(full)
  })

  it('a place cannot be freed twice by deleting one token in two requests at once', async () => {
    await createOrganization(owner, 'twice')
    const { id } = await generateToken(owner, { organization: 'twice' })
    const responses = await Promise.all(
      [owner, ownerOnSecond].map((client) => client.execute(DeleteTokenDocument, { id })),
    )
    expect(responses.map(({ deleteToken }) => faultsOf(deleteToken).join()).toSorted()).toEqual(['', 'NOT_FOUND id'])
    const contents = await contentsOf(postern.em())
    expect(
      contents.activity_event?.filter((row) => row.includes(id) && row.includes('access_token.delete')),
    ).toHaveLength(1)
    expect(tablesWith(contents, id)).toEqual(['activity_event'])
  })
})

describe('a smaller plan', () => {
  it('keeps existing tokens working, and allows no new ones', async () => {
    await createOrganization(owner, 'smaller', 'BUSINESS')
    const tokens = await Promise.all(
      Array.from({ length: 11 }, () => generateToken(owner, { organization: 'smaller' })),
    )
    await changePlan('smaller', 'TEAM')
    expect(await tokenLimitOf('smaller')).toEqual({ limit: 10, used: 11, remaining: 0 })
    for (const { id, secret } of tokens) {
      const { viewer } = await postern.client(secret).execute(ViewerDocument, {})
      expect(viewer?.organization?.name).toBe('smaller')
      expect(await grantedActions(postern.url, { username: 'smaller', secret }, 'smaller/api')).toMatchObject({
        status: 200,
      })
      const { updateToken } = await owner.execute(UpdateTokenDocument, { id, input: { label: 'kept' } })
      expect(updateToken).toMatchObject({ accessToken: { id, label: 'kept' }, userErrors: [] })
    }
    const failed = await tryToGenerate(owner, { organization: 'smaller' })
    expect(faultsOf(failed)).toEqual(['TOKEN_LIMIT_REACHED input.organization'])
  })

  it('allows a new token once fewer exist than its limit', async () => {
    const id = await createOrganization(owner, 'shrunk', 'BUSINESS')
    const [first = '', ...others] = await insertTokens(postern.em(), id, Array(12).fill({}))
    await changePlan('shrunk', 'TEAM')
    expect(await tokenLimitOf('shrunk')).toEqual({ limit: 10, used: 12, remaining: 0 })
    for (const deleted of [first, ...others.slice(0, 2)]) {
      const failed = await tryToGenerate(owner, { organization: 'shrunk' })
      expect(faultsOf(failed)).toEqual(['TOKEN_LIMIT_REACHED input.organization'])
      await owner.execute(DeleteTokenDocument, { id: deleted })
    }
    await generateToken(owner, { organization: 'shrunk' })
    expect(await tokenLimitOf('shrunk')).toEqual({ limit: 10, used: 10, remaining: 0 })
  })

  it('limits the pulls of each token to its own number', async () => {
    await createOrganization(owner, 'pulls', 'TEAM')
    await generateToken(owner, { organization: 'pulls', label: 'many', pullLimit: 5_000 })
    await generateToken(owner, { organization: 'pulls', label: 'few', pullLimit: 5 })
    await generateToken(owner, { organization: 'pulls', label: 'plan' })
    const limits = async () => {
      const { organization } = await owner.execute(AccessTokensDocument, { organization: 'pulls' })
      return Object.fromEntries(
        (organization?.accessTokens.nodes ?? []).map(({ label, usageLimit }) => [label, usageLimit.limit]),
      )
    }
    expect(await limits()).toEqual({ many: 5_000, few: 5, plan: null })
    await changePlan('pulls', 'FREE')
    expect(await limits()).toEqual({ many: 200, few: 5, plan: 200 })
  })
})
