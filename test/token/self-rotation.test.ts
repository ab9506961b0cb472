import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type Permission,
  RotateTokenDocument,
  UpdateOrganizationPolicyDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from './arrange.ts'
import { hintOf, opens, type Rotatable, rotate, secretsOf, tryToRotate } from './rotations.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex', 'BUSINESS')
  await allow(true)
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(() => postern.stop())

async function allow(allowTokenSelfRotation: boolean): Promise<void> {
  const variables = { organization: 'acme', input: { allowTokenSelfRotation } }
  expect((await owner.execute(UpdateOrganizationPolicyDocument, variables)).updateOrganizationPolicy).toMatchObject({
    organization: { policy: { allowTokenSelfRotation } },
    userErrors: [],
  })
}

/** A token of an organization with one permission. */
async function tokenWith(permission: Permission = 'TOKEN_ROTATE_SELF', organization = 'acme'): Promise<Rotatable> {
  const scopes = [{ resource: 'ORGANIZATION' as const, path: organization, permissions: [permission] }]
  const token = await generateToken(owner, { organization, scopes })
  return { ...token, manager: owner, username: organization }
}

/** The token as its own manager, with one of its secrets. */
const by = (token: Rotatable, secret = token.secret) => ({ ...token, manager: postern.client(secret) })

const denial = async (rotation: Promise<unknown>) => rotation.then(() => 'rotated', String)

describe('a token with TOKEN_ROTATE_SELF', () => {
  it('gets a new secret for itself, and changes nothing else of the token', async () => {
    const token = await tokenWith()
    const { id } = token
    const before = await postern.em().findOneOrFail(AccessToken, { id })
    const { secret, accessToken } = await tryToRotate(by(token))
    expect(accessToken).toMatchObject({ id, hint: hintOf(secret ?? '') })
    expect(await opens(postern, token, token.secret)).toBe(false)
    expect(await opens(postern, token, secret ?? '')).toBe(true)
    expect(await postern.em().findOneOrFail(AccessToken, { id })).toEqual(before)
  })

  it('is the actor of its rotation in the activity log', async () => {
    const token = await tokenWith()
    await rotate(by(token), { graceSeconds: 60 })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'access_token.rotate',
      actorKind: 'ORGANIZATION_TOKEN',
      actorId: token.id,
      actorName: 'acme',
      tokenId: token.id,
      data: { graceSeconds: '60' },
    })
  })

  it('rotates again with the new secret, and once per idempotency key', async () => {
    const token = await tokenWith()
    const input = { graceSeconds: 600, idempotencyKey: 'nightly' }
    const second = await rotate(by(token), input)
    expect(await tryToRotate(by(token), input)).toMatchObject({ secret: null, userErrors: [] })
    expect(faultsOf(await tryToRotate(by(token), { ...input, graceSeconds: 60 }))).toEqual([
      'IDEMPOTENCY_CONFLICT input.idempotencyKey',
    ])
    // The key of an owner is another one.
    expect((await tryToRotate(token, input)).secret).not.toBeNull()
    expect(await opens(postern, token, second)).toBe(false)
  })

  it('never outlives its expiry, and old secrets never outlive their grace period', async () => {
    const token = await tokenWith()
    const start = Date.now()
    vi.setSystemTime(start)
    const expiresAt = new Date(start + 7_200_000)
    await postern.em().nativeUpdate(AccessToken, { id: token.id }, { expiresAt })
    await rotate(by(token), { graceSeconds: 3_600 })
    // The response is lost. The old secret rotates again, and keeps its end.
    const third = await rotate(by(token), { graceSeconds: 604_800 })
    expect((await secretsOf(token)).map(({ expiresAt: end }) => end)).toEqual([
      null,
      new Date(start + 3_600_000).toISOString(),
    ])
    vi.setSystemTime(expiresAt)
    expect(await opens(postern, token, third)).toBe(false)
    expect(await denial(rotate(by(token, third)))).toMatch(/UNAUTHENTICATED/)
  })

  it('cannot rotate with an old secret once the new one is in use', async () => {
    const token = await tokenWith()
    const second = await rotate(by(token), { graceSeconds: 3_600 })
    expect(await opens(postern, token, second)).toBe(true)
    await vi.waitFor(async () => expect((await secretsOf(token))[0]?.lastUsedAt).not.toBeNull(), patience)
    const before = await postern.em().count(AccessTokenSecret, { token: token.id })
    expect(await opens(postern, token, token.secret)).toBe(true)
    expect(await denial(rotate(by(token)))).toMatch(/FORBIDDEN.*A rotation has replaced this secret/)
    expect(await postern.em().count(AccessTokenSecret, { token: token.id })).toBe(before)
    expect(await opens(postern, token, second)).toBe(true)
  })

  it('is rotated once by concurrent requests with the same secret', async () => {
    const token = await tokenWith()
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => denial(rotate(by(token)))))
    expect(outcomes.filter((each) => each === 'rotated')).toHaveLength(1)
    for (const each of outcomes) if (each !== 'rotated') expect(each).toMatch(/FORBIDDEN|UNAUTHENTICATED/)
    expect(await secretsOf(token)).toHaveLength(1)
  })
})

describe('a token cannot rotate', () => {
  it('another token, not even of its own organization, whether it exists or not', async () => {
    const token = await tokenWith()
    const others = [(await tokenWith()).id, (await tokenWith(undefined, 'globex')).id, 'tok_01ARZ3NDEKTSV4RRFFQ69G5FAV']
    const before = await databaseDigest(postern)
    for (const id of others)
      expect(await denial(rotate({ ...by(token), id }))).toMatch(/FORBIDDEN.*An access token may not do this/)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('itself without TOKEN_ROTATE_SELF, or where the policy of its organization does not allow it', async () => {
    const [reader, elsewhere, token] = [
      await tokenWith('TOKEN_READ'),
      await tokenWith(undefined, 'globex'),
      await tokenWith(),
    ]
    expect(await denial(rotate(by(reader)))).toMatch(/FORBIDDEN.*lacks the permission TOKEN_ROTATE_SELF/)
    expect(await denial(rotate(by(elsewhere)))).toMatch(/FORBIDDEN.*The policy of the organization globex/)
    await allow(false)
    expect(await denial(rotate(by(token)))).toMatch(/FORBIDDEN.*The policy of the organization acme/)
    await allow(true)
  })

  it('its own values: rotation gives no right to change the token', async () => {
    const token = await tokenWith()
    const codes = await postern
      .client(token.secret)
      .codesOf(UpdateTokenDocument, { id: token.id, input: { label: 'mine' } })
    expect(codes).toEqual(['FORBIDDEN'])
  })

  it('twice in a request, if the first rotation ended its secret', async () => {
    const token = await tokenWith()
    const query = `mutation ($id: ID!) {
      one: rotateToken(id: $id) { secret }
      two: rotateToken(id: $id) { secret }
    }`
    const { body } = await postern.client(token.secret).send({ query, variables: { id: token.id } })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
    expect(await secretsOf(token)).toHaveLength(1)
  })

  it('a token without an input for its rotation ends its secret at once', async () => {
    const token = await tokenWith()
    await postern.client(token.secret).execute(RotateTokenDocument, { id: token.id })
    expect(await opens(postern, token, token.secret)).toBe(false)
  })
})
