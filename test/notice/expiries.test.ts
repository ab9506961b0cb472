import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { GeneratePersonalTokenDocument, SignInDeviceDocument } from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { Notice } from '../../src/domain/model/notice.ts'
import { announceExpiries } from '../../src/domain/notice/announce-expiries.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { insertTokens, userIdOf } from '../token/arrange.ts'

const dayMs = 86_400_000
const now = new Date('2030-06-15T12:00:00.000Z')
const inDays = (days: number) => new Date(now.getTime() + days * dayMs)

let postern: Postern
let owner: Client
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())
beforeEach(async () => {
  await postern.em().nativeDelete(Notice, {})
  await postern.em().nativeDelete(AccessToken, {})
})

/** A token with its creation and expiry in days from now. */
async function token(expiresIn: number | null, madeBefore = 300, more: { readonly deactivatedAt?: Date } = {}) {
  const expiresAt = expiresIn === null ? {} : { expiresAt: inDays(expiresIn) }
  const [id = ''] = await insertTokens(postern.em(), acme, [{ ...expiresAt, ...more }])
  await postern.em().nativeUpdate(AccessToken, { id }, { createdAt: inDays(-madeBefore) })
  return id
}

/** The notifications up to then: kind and days, by token. */
async function noticesUntil(at: Date): Promise<Record<string, string[]>> {
  await announceExpiries(postern.em(), at)
  const notified: Record<string, string[]> = {}
  for (const { tokenId, kind, data } of await postern.em().find(Notice, {}, { orderBy: { id: 'asc' } }))
    notified[tokenId ?? ''] = [
      ...(notified[tokenId ?? ''] ?? []),
      data.days === undefined ? kind : `${kind} ${data.days}`,
    ]
  return notified
}

describe("the notification of a token's expiry", () => {
  it("the notification of a token's expiry is sent 30, 7 and 1 days before, and at the expiry, each once", async () => {
    const id = await token(31)
    expect(await noticesUntil(now)).toEqual({})
    const soon = ['TOKEN_EXPIRING 30', 'TOKEN_EXPIRING 7', 'TOKEN_EXPIRING 1', 'TOKEN_EXPIRED']
    for (const [index, day] of [1, 24, 30, 31].entries())
      for (const hours of [0, 1]) {
        const at = new Date(inDays(day).getTime() + hours * 3_600_000)
        expect(await noticesUntil(at)).toEqual({ [id]: soon.slice(0, index + 1) })
      }
    const [notice] = await postern.em().find(Notice, { kind: 'TOKEN_EXPIRED' })
    expect(notice).toMatchObject({ namespace: acme, tokenLabel: 'ci', data: { expiresAt: inDays(31).toISOString() } })
  })

  it("the notification of a token's expiry is sent once if several instances check at the same time", async () => {
    const ids = await Promise.all([token(5), token(20), token(0.5), token(-1)])
    await Promise.all(Array.from({ length: 4 }, () => announceExpiries(postern.em(), now)))
    expect(await noticesUntil(now)).toEqual({
      [ids[0]]: ['TOKEN_EXPIRING 7'],
      [ids[1]]: ['TOKEN_EXPIRING 30'],
      [ids[2]]: ['TOKEN_EXPIRING 1'],
      [ids[3]]: ['TOKEN_EXPIRED'],
    })
  })

  it('is not sent if the lifetime is shorter, if it is a week late, or if the token is inactive', async () => {
    await token(null)
    // Generated with a lifetime of 10 days.
    await token(9, 1)
    await token(-8)
    await token(3, 300, { deactivatedAt: inDays(-1) })
    expect(await noticesUntil(now)).toEqual({})
    const short = await token(6, 4)
    expect(await noticesUntil(now)).toEqual({ [short]: ['TOKEN_EXPIRING 7'] })
  })

  it("the notification of a token's expiry is sent to people for their own tokens, except of devices", async () => {
    const { client, username, password } = await postern.signUp('grace')
    const input = {
      label: 'laptop',
      access: 'READ' as const,
      expiresAt: new Date(Date.now() + 20 * dayMs).toISOString(),
    }
    const { generatePersonalToken } = await client.execute(GeneratePersonalTokenDocument, { input })
    await postern.client().execute(SignInDeviceDocument, { input: { username, password, deviceName: 'desktop' } })
    const id = generatePersonalToken.accessToken?.id ?? ''
    const aWeekBefore = new Date(Date.now() + 14 * dayMs)
    expect(await noticesUntil(aWeekBefore)).toEqual({ [id]: ['TOKEN_EXPIRING 7'] })
    const namespaces = (await postern.em().find(Notice, {})).map(({ namespace }) => namespace)
    expect(namespaces).toEqual([await userIdOf(postern.em(), 'grace')])
    expect(await noticesUntil(new Date(Date.now() + 400 * dayMs))).toEqual({ [id]: ['TOKEN_EXPIRING 7'] })
  })

  it("the notification of a token's expiry is sent for more tokens than a batch, along an index", async () => {
    await insertTokens(
      postern.em(),
      acme,
      Array.from({ length: 1_100 }, (_, index) => ({ expiresAt: new Date(inDays(3).getTime() + index) })),
    )
    await postern.em().execute("update access_token set created_at = '2029-01-01'")
    await announceExpiries(postern.em(), now)
    expect(await postern.em().count(Notice, {})).toBe(1_100)
  })
})
