import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  ChangeOrganizationPlanDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  type GenerateOrganizationTokenInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { IdempotencyKey } from '../../src/domain/model/idempotency-key.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, everyRepository, faultsOf, tryToGenerate } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let otherOwner: Client

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  const acme = await createOrganization(owner, 'acme')
  await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/api')
  otherOwner = (await postern.signUp('otto')).client
  await addMember(postern.em(), acme, 'otto', 'OWNER')
})
beforeEach(async () => {
  await postern.em().nativeDelete(AccessToken, {})
  await postern.em().nativeDelete(IdempotencyKey, {})
})
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

function countTokens(): Promise<number> {
  return postern.em().count(AccessToken)
}

const input = { label: 'ci', idempotencyKey: 'build 17' }

async function generateOnce(client = owner, changes: Partial<GenerateOrganizationTokenInput> = {}): Promise<string> {
  const { accessToken, userErrors } = await tryToGenerate(client, { ...input, ...changes })
  if (accessToken === null) throw new Error(JSON.stringify(userErrors))
  return accessToken.id
}

describe('the same key with the same input', () => {
  it('returns the generated token, without the secret, and writes nothing', async () => {
    const first = await tryToGenerate(owner, input)
    expect(first.secret).toMatch(/^pstn_oat_/)
    const before = await databaseDigest(postern)
    const again = await tryToGenerate(owner, input)
    expect(again).toEqual({ ...first, secret: null })
    expect(await databaseDigest(postern)).toBe(before)
    expect(await countTokens()).toBe(1)
  })

  it('generates one token if 20 arrive at once on two servers, and shows its secret to one of them', async () => {
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        tryToGenerate(index % 2 === 0 ? owner : second.client(owner.token), input),
      ),
    )
    expect(payloads.flatMap(faultsOf)).toEqual([])
    expect(new Set(payloads.map(({ accessToken }) => accessToken?.id)).size).toBe(1)
    expect(payloads.filter(({ secret }) => secret !== null)).toHaveLength(1)
    expect(await countTokens()).toBe(1)
    const { activity_event = [] } = await contentsOf(postern.em())
    const id = payloads[0]?.accessToken?.id ?? 'none'
    expect(activity_event.filter((row) => row.includes(id))).toHaveLength(1)
  })

  it('counts as the same input if an absent default is given, or written differently', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000)
    const id = await generateOnce(owner, { expiresAt: expiresAt.toISOString() })
    const inAnotherZone = `${new Date(expiresAt.getTime() + 3_600_000).toISOString().slice(0, -1)}+01:00`
    const spelledOut = { label: ' ci ', description: null, pullLimit: null, expiresAt: inAnotherZone }
    expect(await generateOnce(owner, spelledOut)).toBe(id)
    expect(await countTokens()).toBe(1)
  })

  it("returns the token's current state, also if the plan is used up or was changed", async () => {
    const id = await generateOnce()
    await owner.execute(UpdateTokenDocument, { id, input: { label: 'renamed' } })
    for (let others = 0; others < 9; others++) await tryToGenerate(owner)
    expect((await tryToGenerate(owner, input)).accessToken).toMatchObject({ id, label: 'renamed' })
    await owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan: 'FREE' })
    expect((await tryToGenerate(owner, input)).accessToken).toMatchObject({ id })
    await owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan: 'TEAM' })
    await owner.execute(DeactivateTokenDocument, { id })
    expect((await tryToGenerate(owner, input)).accessToken).toMatchObject({ id, status: 'INACTIVE' })
    expect(await countTokens()).toBe(10)
  })

  it('the same key with the same input can be used again after an error, because nothing was generated', async () => {
    const scopes = [{ ...everyRepository(), path: 'acme/missing' }]
    expect(faultsOf(await tryToGenerate(owner, { ...input, scopes }))).toEqual(['NOT_FOUND input.scopes.0.path'])
    expect(await postern.em().count(IdempotencyKey)).toBe(0)
    expect(await generateOnce()).toMatch(/^tok_/)
  })
})

describe('the same key with another input', () => {
  it.each<[string, Partial<GenerateOrganizationTokenInput>]>([
    ['label', { label: 'CI' }],
    ['description', { description: 'new' }],
    ['expiry', { expiresAt: new Date(Date.now() + 86_400_000).toISOString() }],
    ['pull limit', { pullLimit: 1 }],
    ['scope', { scopes: [{ ...everyRepository(), path: 'acme/api' }] }],
    ['permission', { scopes: [{ ...everyRepository(), permissions: ['IMAGE_PULL'] }] }],
    ['number of scopes', { scopes: [everyRepository(), { ...everyRepository(), path: 'acme/api' }] }],
  ])('the same key with another input is an IDEMPOTENCY_CONFLICT: another %s', async (_, changes) => {
    await generateOnce()
    const before = await databaseDigest(postern)
    const failed = await tryToGenerate(owner, { ...input, ...changes })
    expect(faultsOf(failed)).toEqual(['IDEMPOTENCY_CONFLICT input.idempotencyKey'])
    expect(failed).toMatchObject({ accessToken: null, secret: null })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('is a conflict after the token was deleted, whatever the input: nothing is generated again', async () => {
    const id = await generateOnce()
    await owner.execute(DeleteTokenDocument, { id })
    const before = await databaseDigest(postern)
    for (const changes of [{}, { label: 'other' }])
      expect(faultsOf(await tryToGenerate(owner, { ...input, ...changes }))).toEqual([
        'IDEMPOTENCY_CONFLICT input.idempotencyKey',
      ])
    expect(await databaseDigest(postern)).toBe(before)
    expect(await countTokens()).toBe(0)
  })

  it('generates one token if both arrive at once, and returns a conflict to the other', async () => {
    const payloads = await Promise.all([
      tryToGenerate(owner, input),
      tryToGenerate(second.client(owner.token), { ...input, label: 'other' }),
    ])
    expect(payloads.map((payload) => faultsOf(payload).join()).toSorted()).toEqual([
      '',
      'IDEMPOTENCY_CONFLICT input.idempotencyKey',
    ])
    expect(await countTokens()).toBe(1)
  })
})

describe('an idempotency key', () => {
  it('an idempotency key is separate for each owner', async () => {
    const mine = await generateOnce(owner)
    const theirs = await generateOnce(otherOwner, { label: 'theirs' })
    expect(theirs).not.toBe(mine)
    expect(await generateOnce(otherOwner, { label: 'theirs' })).toBe(theirs)
    expect(await generateOnce(owner)).toBe(mine)
    expect(await countTokens()).toBe(2)
  })

  it('an idempotency key is separate for each organization', async () => {
    const here = await generateOnce(owner)
    const there = await generateOnce(owner, { organization: 'globex' })
    expect(there).not.toBe(here)
    expect(await countTokens()).toBe(2)
  })

  it('an idempotency key is compared by every character', async () => {
    await generateOnce(owner, { idempotencyKey: 'key' })
    await generateOnce(owner, { idempotencyKey: 'KEY' })
    await generateOnce(owner, { idempotencyKey: 'k'.repeat(200) })
    await generateOnce(owner, { idempotencyKey: `${'k'.repeat(199)}K` })
    expect(await countTokens()).toBe(4)
  })

  it.each(['', '   ', 'k'.repeat(201), 'a\u0000b', 'a\nb'])(
    'an idempotency key cannot be %j',
    async (idempotencyKey) => {
      const before = await databaseDigest(postern)
      const payload = await tryToGenerate(owner, { idempotencyKey })
      expect(faultsOf(payload)).toEqual(['INVALID input.idempotencyKey'])
      expect(await databaseDigest(postern)).toBe(before)
    },
  )

  it('an idempotency key is optional: without one, two requests generate two tokens', async () => {
    await tryToGenerate(owner)
    await owner.execute(GenerateOrganizationTokenDocument, {
      input: { organization: 'acme', label: 'ci', scopes: [everyRepository()], idempotencyKey: null },
    })
    expect(await countTokens()).toBe(2)
    expect(await postern.em().count(IdempotencyKey)).toBe(0)
  })
})
