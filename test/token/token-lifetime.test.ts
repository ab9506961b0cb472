import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  DeactivateTokenDocument,
  UpdateOrganizationPolicyDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { everyRepository, faultsOf, grantedActions, tryToGenerate } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex', 'BUSINESS')
})
afterEach(() => allow(null))
afterAll(() => postern.stop())

async function allow(maxTokenLifetimeDays: number | null): Promise<void> {
  const variables = { organization: 'acme', input: { maxTokenLifetimeDays } }
  const { updateOrganizationPolicy } = await owner.execute(UpdateOrganizationPolicyDocument, variables)
  expect(updateOrganizationPolicy.userErrors).toEqual([])
}

const inDays = (days: number, milliseconds = 0) => new Date(Date.now() + days * 86_400_000 + milliseconds).toISOString()

describe('the maximum lifetime of tokens', () => {
  it('returns an error with the latest date for tokens without an expiry or with a later one', async () => {
    await allow(30)
    const before = await databaseDigest(postern)
    for (const expiresAt of [null, undefined, inDays(30, 60_000), inDays(31), inDays(364)]) {
      const payload = await tryToGenerate(owner, expiresAt === undefined ? {} : { expiresAt })
      expect(payload).toMatchObject({ accessToken: null, secret: null })
      expect(faultsOf(payload)).toEqual(['INVALID input.expiresAt'])
      const message = payload.userErrors[0]?.message ?? ''
      expect(message).toMatch(/^Let the token expire within 30 days, by \S+Z: .*policy/)
      const latest = Date.parse(/by (\S+): /.exec(message)?.[1] ?? '')
      expect(Math.abs(latest - Date.parse(inDays(30)))).toBeLessThan(10_000)
    }
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('allows tokens that expire within it, to the day in the message', async () => {
    await allow(30)
    for (const expiresAt of [inDays(0, 60_000), inDays(29), inDays(30, -1)])
      expect((await tryToGenerate(owner, { expiresAt })).userErrors).toEqual([])
    await allow(1)
    const payload = await tryToGenerate(owner)
    expect(payload.userErrors[0]?.message).toContain('within a day, by ')
    const latest = /by (\S+): /.exec(payload.userErrors[0]?.message ?? '')?.[1]
    expect((await tryToGenerate(owner, { expiresAt: latest ?? null })).userErrors).toEqual([])
    await allow(365)
    expect((await tryToGenerate(owner, { expiresAt: inDays(365, -1) })).userErrors).toEqual([])
    expect(faultsOf(await tryToGenerate(owner))).toEqual(['INVALID input.expiresAt'])
  })

  it('gives no advice that would be invalid, whatever is wrong with the expiry', async () => {
    for (const days of [90, null]) {
      await allow(days)
      for (const expiresAt of [inDays(-1), inDays(3 * 365)]) {
        const { userErrors } = await tryToGenerate(owner, { expiresAt })
        expect(userErrors).toHaveLength(1)
        const advice = userErrors[0]?.message ?? ''
        expect(advice.includes('or never')).toBe(days === null)
        const latest = /by (\S+Z)/.exec(advice)?.[1]
        if (days !== null) expect(latest).toBeDefined()
        const followed = [latest ?? inDays(1), ...(advice.includes('or never') ? [null] : [])]
        for (const expiry of followed)
          expect((await tryToGenerate(owner, { expiresAt: expiry })).userErrors).toEqual([])
      }
    }
  })

  it('applies to its own organization only', async () => {
    await allow(30)
    expect((await tryToGenerate(owner, { organization: 'globex' })).userErrors).toEqual([])
    await allow(null)
    for (const expiresAt of [null, inDays(364)])
      expect((await tryToGenerate(owner, { expiresAt })).userErrors).toEqual([])
  })

  it('the maximum lifetime of tokens is reported together with the other errors of the input', async () => {
    await allow(30)
    const scopes = [{ ...everyRepository(), path: 'acme/missing' }]
    expect(faultsOf(await tryToGenerate(owner, { label: '', scopes }))).toEqual([
      'INVALID input.label',
      'INVALID input.expiresAt',
      'NOT_FOUND input.scopes.0.path',
    ])
    expect(faultsOf(await tryToGenerate(owner, { scopes }))).toEqual([
      'INVALID input.expiresAt',
      'NOT_FOUND input.scopes.0.path',
    ])
    for (const expiresAt of [inDays(-1), inDays(400)])
      expect(faultsOf(await tryToGenerate(owner, { expiresAt }))).toEqual(['INVALID input.expiresAt'])
  })

  it('the maximum lifetime of tokens does not affect existing tokens', async () => {
    const { id, secret } = await generateToken(owner, { label: 'forever' })
    await allow(1)
    const credentials = { username: 'acme', secret }
    expect((await grantedActions(postern.url, credentials, 'acme/api')).status).toBe(200)
    const { updateToken } = await owner.execute(UpdateTokenDocument, { id, input: { label: 'renamed' } })
    expect(updateToken).toMatchObject({ accessToken: { label: 'renamed' }, userErrors: [] })
    expect((await owner.execute(DeactivateTokenDocument, { id })).deactivateToken.userErrors).toEqual([])
  })

  it('returns an earlier token for a retry with its key', async () => {
    const input = { label: 'retried', idempotencyKey: 'made-before' }
    const { accessToken } = await tryToGenerate(owner, input)
    await allow(30)
    expect(await tryToGenerate(owner, input)).toMatchObject({ accessToken: { id: accessToken?.id }, userErrors: [] })
    expect(faultsOf(await tryToGenerate(owner, { ...input, idempotencyKey: 'new' }))).toEqual([
      'INVALID input.expiresAt',
    ])
  })

  it('applies to requests that wait while it is changed', async () => {
    const payloads = await whileLocked(
      postern,
      (em) => em.execute('update organization set max_token_lifetime_days = 30 where id = ?', [acme]),
      Array.from({ length: 5 }, () => () => tryToGenerate(owner, { label: 'late' })),
    )
    for (const payload of payloads) expect(faultsOf(payload)).toEqual(['INVALID input.expiresAt'])
  })
})
