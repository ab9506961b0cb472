import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  ActivateTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, expire, faultsOf, grantedActions } from './arrange.ts'
import { contentsOf, tablesWith } from './contents.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())

const acts = {
  updateToken: async (id: string) =>
    (await owner.execute(UpdateTokenDocument, { id, input: { label: 'new', scopes: [everyRepository()] } }))
      .updateToken,
  updateWithNothing: async (id: string) => (await owner.execute(UpdateTokenDocument, { id, input: {} })).updateToken,
  deactivateToken: async (id: string) => (await owner.execute(DeactivateTokenDocument, { id })).deactivateToken,
  activateToken: async (id: string) => (await owner.execute(ActivateTokenDocument, { id })).activateToken,
}

async function deleteToken(id: string) {
  return (await owner.execute(DeleteTokenDocument, { id })).deleteToken
}

async function statusOf(id: string) {
  return (await owner.execute(AccessTokenDocument, { id })).accessToken?.status
}

/** Whether the API and the token endpoint accept a secret, which must agree. */
async function opens(secret: string): Promise<boolean> {
  const codes = await postern.client(secret).codesOf(ViewerDocument, {})
  const { status } = await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')
  expect([codes, status]).toEqual(codes.length === 0 ? [[], 200] : [['UNAUTHENTICATED'], 401])
  return codes.length === 0
}

interface Kind {
  readonly name: string
  readonly status: 'INACTIVE' | 'EXPIRED'
  readonly make: () => Promise<{ readonly id: string; readonly secret: string }>
}

const kinds: readonly Kind[] = [
  {
    name: 'an inactive token',
    status: 'INACTIVE',
    async make() {
      const token = await generateToken(owner)
      await acts.deactivateToken(token.id)
      return token
    },
  },
  {
    name: 'an expired token',
    status: 'EXPIRED',
    async make() {
      const token = await generateToken(owner)
      await expire(postern.em(), token.id)
      return token
    },
  },
  {
    name: 'a token that was deactivated and then expired',
    status: 'EXPIRED',
    async make() {
      const token = await generateToken(owner)
      await acts.deactivateToken(token.id)
      await expire(postern.em(), token.id)
      return token
    },
  },
]

describe.each(kinds)('$name', ({ status, make }) => {
  it('has that status, in the list too', async () => {
    const { id } = await make()
    expect(await statusOf(id)).toBe(status)
    const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 1 })
    expect(organization?.accessTokens.nodes).toMatchObject([{ id, status }])
  })

  it('is rejected at the API and the token endpoint', async () => {
    const { secret } = await make()
    expect(await opens(secret)).toBe(false)
  })

  it.each(Object.keys(acts) as Array<keyof typeof acts>)(
    'returns an error for %s, and nothing is written',
    async (act) => {
      const { id, secret } = await make()
      const before = await databaseDigest(postern)
      const payload = await acts[act](id)
      expect(faultsOf(payload)).toEqual([`TOKEN_${status} id`])
      expect(payload.accessToken).toBeNull()
      expect(await databaseDigest(postern)).toBe(before)
      expect(await opens(secret)).toBe(false)
    },
  )

  it('can be deleted', async () => {
    const { id, secret } = await make()
    expect(await deleteToken(id)).toEqual({ deletedId: id, userErrors: [] })
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken).toBeNull()
    expect(await opens(secret)).toBe(false)
  })
})

describe('an active token', () => {
  it('an active token is accepted by the API and the token endpoint until it is deactivated', async () => {
    const second = await postern.startSecondInstance()
    try {
      const { id, secret } = await generateToken(owner)
      const other = await generateToken(owner)
      expect(await opens(secret)).toBe(true)
      expect((await second.client(secret).execute(ViewerDocument, {})).viewer?.accessToken?.label).toBe('ci')
      expect(await acts.deactivateToken(id)).toEqual({ accessToken: { id, status: 'INACTIVE' }, userErrors: [] })
      expect(await opens(secret)).toBe(false)
      expect(await second.client(secret).codesOf(ViewerDocument, {})).toEqual(['UNAUTHENTICATED'])
      expect(await opens(other.secret)).toBe(true)
      expect(await statusOf(other.id)).toBe('ACTIVE')
    } finally {
      await second.stop()
    }
  })

  it('an active token does not change when it is activated', async () => {
    const { id, secret } = await generateToken(owner)
    const before = await databaseDigest(postern)
    expect(await acts.activateToken(id)).toEqual({ accessToken: { id, status: 'ACTIVE' }, userErrors: [] })
    expect(await databaseDigest(postern)).toBe(before)
    expect(await opens(secret)).toBe(true)
  })

  it('an active token is active until its expiry, and expired from then on', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000)
    const { id, secret } = await generateToken(owner, { expiresAt: expiresAt.toISOString() })
    expect(await opens(secret)).toBe(true)
    await postern.em().nativeUpdate(AccessToken, { id }, { expiresAt: new Date() })
    expect(await statusOf(id)).toBe('EXPIRED')
    expect(await opens(secret)).toBe(false)
  })

  it('an active token is deactivated once by two simultaneous requests', async () => {
    const { id } = await generateToken(owner)
    const payloads = await Promise.all([acts.deactivateToken(id), acts.deactivateToken(id)])
    expect(payloads.map((payload) => faultsOf(payload).join()).toSorted()).toEqual(['', 'TOKEN_INACTIVE id'])
    const { activity_event = [] } = await contentsOf(postern.em())
    expect(activity_event.filter((row) => row.includes(id) && row.includes('access_token.deactivate'))).toHaveLength(1)
  })
})

describe('deleteToken', () => {
  it('deletes the token except for its events, and no other token', async () => {
    const { id, secret } = await generateToken(owner, { label: 'to delete', idempotencyKey: 'a key' })
    const other = await generateToken(owner, { label: 'to keep' })
    expect(await opens(secret)).toBe(true)
    const before = tablesWith(await contentsOf(postern.em()), other.id)

    expect(await deleteToken(id)).toEqual({ deletedId: id, userErrors: [] })
    const contents = await contentsOf(postern.em())
    // The key stays, so that a late retry does not generate the token again.
    expect(tablesWith(contents, id)).toEqual(['activity_event', 'idempotency_key'])
    expect(tablesWith(contents, other.id)).toEqual(before)
    expect(await opens(secret)).toBe(false)
    expect(await opens(other.secret)).toBe(true)
  })

  it('returns NOT_FOUND for a deleted token and a missing one', async () => {
    const { id } = await generateToken(owner)
    await deleteToken(id)
    const before = await databaseDigest(postern)
    const again = await deleteToken(id)
    expect(faultsOf(again)).toEqual(['NOT_FOUND id'])
    expect(await deleteToken('tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM')).toEqual(again)
    expect(await deleteToken('nonsense')).toEqual(again)
    expect(await databaseDigest(postern)).toBe(before)
  })
})
