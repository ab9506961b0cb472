import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeactivateTokenDocument, type RotateTokenInput, UpdateTokenDocument } from '../../schema/typed-documents.ts'
import { AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, faultsOf, tryToGenerate } from './arrange.ts'
import { opens, type Rotatable, rotate, secretsOf, tryToRotate } from './rotations.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let otherOwner: Client

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  const acme = await createOrganization(owner, 'acme', 'BUSINESS')
  otherOwner = (await postern.signUp('otto')).client
  await addMember(postern.em(), acme, 'otto', 'OWNER')
})
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

const generate = async (): Promise<Rotatable> => ({ ...(await generateToken(owner)), manager: owner, username: 'acme' })

let used = 0
/** A new key. */
const newKey = () => `rotation ${++used}`
const countSecrets = ({ id }: Rotatable) => postern.em().count(AccessTokenSecret, { token: id })

describe('a retry with the same key and input', () => {
  it('returns the token without the secret, and writes nothing', async () => {
    const token = await generate()
    const input = { graceSeconds: 60, idempotencyKey: newKey() }
    const first = await tryToRotate(token, input)
    const before = await databaseDigest(postern)
    expect(await tryToRotate(token, input)).toEqual({ ...first, secret: null })
    expect(await tryToRotate(token, { ...input, idempotencyKey: ` ${input.idempotencyKey} ` })).toMatchObject({
      secret: null,
      userErrors: [],
    })
    expect(await databaseDigest(postern)).toBe(before)
    expect(await opens(postern, token, first.secret ?? '')).toBe(true)
  })

  it('a retry with the same key and input is the same if the default grace is given or absent', async () => {
    const token = await generate()
    const idempotencyKey = newKey()
    await rotate(token, { idempotencyKey })
    for (const graceSeconds of [0, null])
      expect(await tryToRotate(token, { graceSeconds, idempotencyKey })).toMatchObject({ secret: null, userErrors: [] })
    expect(await countSecrets(token)).toBe(2)
  })

  it('rotates once if 20 arrive at once on two servers, and one of them gets the secret', async () => {
    const token = await generate()
    const input = { graceSeconds: 60, idempotencyKey: newKey() }
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        tryToRotate({ ...token, manager: index % 2 === 0 ? owner : second.client(owner.token) }, input),
      ),
    )
    expect(payloads.flatMap(faultsOf)).toEqual([])
    expect(payloads.filter(({ secret }) => secret !== null)).toHaveLength(1)
    expect(await countSecrets(token)).toBe(2)
    const events = await postern.em().find(ActivityEvent, { tokenId: token.id, action: 'access_token.rotate' })
    expect(events).toHaveLength(1)
  })

  it("returns the token's current state, also if it cannot be rotated anymore", async () => {
    const token = await generate()
    const input = { idempotencyKey: newKey() }
    await rotate(token, input)
    await owner.execute(UpdateTokenDocument, { id: token.id, input: { label: 'renamed' } })
    await owner.execute(DeactivateTokenDocument, { id: token.id })
    expect(await tryToRotate(token, input)).toMatchObject({
      accessToken: { id: token.id },
      secret: null,
      userErrors: [],
    })
  })

  it('can be replaced by a rotation with a new key if its response was lost, while jobs continue', async () => {
    const token = await generate()
    const lost = await rotate(token, { graceSeconds: 60, idempotencyKey: newKey() })
    const [, before] = await secretsOf(token)
    const secret = await rotate(token, { graceSeconds: 3_600, idempotencyKey: newKey() })
    expect(await opens(postern, token, lost)).toBe(false)
    // Its grace period began with the first rotation.
    expect((await secretsOf(token))[1]).toEqual(before)
    expect(await opens(postern, token, token.secret)).toBe(true)
    expect(await opens(postern, token, secret)).toBe(true)
    await rotate(token)
    expect(await opens(postern, token, token.secret)).toBe(false)
  })
})

describe('a used idempotency key', () => {
  const conflict = ['IDEMPOTENCY_CONFLICT input.idempotencyKey']

  it('a used idempotency key is an IDEMPOTENCY_CONFLICT for another grace or another token', async () => {
    const [token, other] = [await generate(), await generate()]
    const idempotencyKey = newKey()
    await rotate(token, { idempotencyKey })
    const before = await databaseDigest(postern)
    const attempts: Array<[Rotatable, RotateTokenInput]> = [
      [token, { idempotencyKey, graceSeconds: 1 }],
      [other, { idempotencyKey }],
    ]
    for (const attempt of attempts) {
      const payload = await tryToRotate(...attempt)
      expect(faultsOf(payload)).toEqual(conflict)
      expect(payload).toMatchObject({ accessToken: null, secret: null })
    }
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('rotates one of two tokens if both use it at once', async () => {
    const tokens = [await generate(), await generate()]
    const idempotencyKey = newKey()
    const payloads = await Promise.all(tokens.map((token) => tryToRotate(token, { idempotencyKey })))
    expect(payloads.map((payload) => faultsOf(payload).join()).toSorted()).toEqual(['', ...conflict])
  })

  it('the key of a generation does not rotate, and the other way round', async () => {
    const [toGenerate, toRotate] = [newKey(), newKey()]
    const generated = await tryToGenerate(owner, { idempotencyKey: toGenerate })
    const token = { id: generated.accessToken?.id ?? '', manager: owner, username: 'acme', secret: '' }
    expect(faultsOf(await tryToRotate(token, { idempotencyKey: toGenerate }))).toEqual(conflict)
    await rotate(token, { idempotencyKey: toRotate })
    expect(faultsOf(await tryToGenerate(owner, { idempotencyKey: toRotate }))).toEqual(conflict)
  })

  it('the key of one owner can be used by another', async () => {
    const token = await generate()
    const input = { idempotencyKey: newKey() }
    const secrets = [await rotate(token, input), await rotate({ ...token, manager: otherOwner }, input)]
    expect(new Set(secrets).size).toBe(2)
    expect(await countSecrets(token)).toBe(3)
  })

  it('a used idempotency key can be used again after an error', async () => {
    const token = await generate()
    const idempotencyKey = newKey()
    expect(faultsOf(await tryToRotate(token, { graceSeconds: -1, idempotencyKey }))).toHaveLength(1)
    expect(await rotate(token, { idempotencyKey })).toMatch(/^pstn_oat_/)
  })
})
