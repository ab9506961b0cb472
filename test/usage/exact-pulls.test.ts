import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccessTokensDocument, type Permission } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { reportServed } from '../harness/registry-reports.ts'
import { acme, askForToken, grantsIn } from '../harness/token-endpoint.ts'

// The beginning of a window.
const start = Date.UTC(2030, 4, 6, 6)
const seconds = 1000
const minutes = 60 * seconds

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client

beforeAll(async () => {
  vi.setSystemTime(start)
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
})
beforeEach(async () => {
  vi.setSystemTime(start)
  await postern.em().execute('update deployment set last_registry_event_at = null')
})
afterAll(async () => {
  vi.useRealTimers()
  await second.stop()
  await postern.stop()
})

const generate = (pullLimit: number | null, permission: Permission = 'IMAGE_PULL') =>
  generateToken(owner, { pullLimit, scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: [permission] }] })

const addressOf = (index: number) => `192.0.2.${index}`

/** A client at its own address requests a grant from one of the two instances. */
const ask = (secret: string, index: number, scope = 'repository:acme/app:pull') =>
  askForToken([postern.url, second.url][index % 2] ?? '', {
    login: acme(secret),
    scopes: [scope],
    headers: { 'x-forwarded-for': addressOf(index), 'user-agent': 'docker/28.5.2' },
  })

const fromClient = (index: number) => ({ address: addressOf(index), userAgent: 'docker/28.5.2' })

/** A registry reports a pull to one of the two instances. */
const report = (subject: string, index: number, changes: { method?: 'HEAD' } = {}) =>
  reportServed(
    { url: [postern.url, second.url][index % 2] ?? '', config: postern.config },
    {
      subject,
      ...fromClient(index),
      ...changes,
    },
  )

async function usedBy(id: string): Promise<number | undefined> {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  return organization?.accessTokens.nodes.find((token) => token.id === id)?.usageLimit.used
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)

/** The indexes of the clients that were granted a pull, of a number at once. */
async function grantedAtOnce(secret: string, count: number): Promise<number[]> {
  const statuses = await Promise.all(indexes(count).map(async (index) => (await ask(secret, index)).status))
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  return indexes(count).filter((index) => statuses[index] === 200)
}

describe('forty clients at once with a limit of 20', () => {
  it('forty clients at once are granted exactly 20 pulls, which stay 20 when the registry reports each', async () => {
    const { id, secret } = await generate(20)
    const granted = await grantedAtOnce(secret, 40)
    expect(granted).toHaveLength(20)
    expect(await usedBy(id)).toBe(20)
    await Promise.all(granted.map((index) => report(id, index)))
    expect(await usedBy(id)).toBe(20)
    vi.setSystemTime(start + 30 * minutes)
    expect(await usedBy(id)).toBe(20)
    expect((await ask(secret, 41)).status).toBe(429)
  })

  it('forty clients at once are granted as many pulls as there is room for after earlier reports', async () => {
    const { id, secret } = await generate(20)
    for (const index of indexes(5)) await report(id, 100 + index)
    expect(await grantedAtOnce(secret, 40)).toHaveLength(15)
    expect(await usedBy(id)).toBe(20)
  })

  it.each([['alone'], ['after a check of the manifest']])(
    'forty clients at once never pull more than 20, while the registry reports each pull %s',
    async (how) => {
      const { id, secret } = await generate(20)
      await report((await generate(null)).id, 99)
      const pull = async (index: number) => {
        if ((await ask(secret, index)).status !== 200) return 0
        if (how !== 'alone') await report(id, index, { method: 'HEAD' })
        await report(id, index)
        return 1
      }
      const rounds = [await Promise.all(indexes(40).map(pull)), await Promise.all(indexes(40).map(pull))]
      expect(rounds.flat().filter((pulls) => pulls === 1)).toHaveLength(20)
      expect(await usedBy(id)).toBe(20)
      const [row] = await postern
        .em()
        .execute('select pulls, reserved::text, checked::text from usage_window where subject_id = ?', [id])
      expect(row).toEqual({ pulls: 20, reserved: '{0,0,0,0,0}', checked: '{0,0}' })
    },
  )
})

describe('an unused grant', () => {
  it('an unused grant stops counting soon after its life, if registries report pulls', async () => {
    const { id, secret } = await generate(2)
    await report((await generate(null)).id, 99)
    expect(await grantedAtOnce(secret, 4)).toHaveLength(2)
    await report(id, 0)
    vi.setSystemTime(start + 59 * seconds)
    expect(await usedBy(id)).toBe(2)
    vi.setSystemTime(start + 75 * seconds)
    expect(await usedBy(id)).toBe(1)
    expect(await grantedAtOnce(secret, 4)).toHaveLength(1)
  })

  it('an unused grant counts until the window ends, if registries report nothing', async () => {
    const { id, secret } = await generate(2)
    await grantedAtOnce(secret, 4)
    vi.setSystemTime(start + 359 * minutes)
    expect(await usedBy(id)).toBe(2)
    expect((await ask(secret, 1)).status).toBe(429)
    vi.setSystemTime(start + 360 * minutes)
    expect((await ask(secret, 1)).status).toBe(200)
  })
})

describe('a token without a limit', () => {
  it('a token without a limit has used what registries report, and its grants write nothing', async () => {
    const { id, secret } = await generate(null)
    await report(id, 1)
    for (const index of indexes(3)) expect((await ask(secret, index)).status).toBe(200)
    expect(await usedBy(id)).toBe(1)
    expect(await postern.em().execute('select from pull_reservation where subject_id = ?', [id])).toEqual([])
  })

  it('a token without a limit has used its grants, if no registry reported for a day', async () => {
    const { id, secret } = await generate(null)
    vi.setSystemTime(start + 48 * 60 * minutes)
    for (const index of indexes(3)) expect((await ask(secret, index)).status).toBe(200)
    const windows = await postern
      .em()
      .execute('select reserved[5] as reserved from usage_window where subject_id = ?', [id])
    expect(windows).toEqual([{ reserved: 3 }])
  })
})

it('the reported pulls of a token that pushes count, and do not prevent pushes when they are used up', async () => {
  const { id, secret } = await generate(2, 'IMAGE_PUSH')
  const push = () => ask(secret, 1, 'repository:acme/app:pull,push')
  grantsIn(await push())
  expect(await usedBy(id)).toBe(0)
  for (const index of indexes(3)) await report(id, index)
  expect(await usedBy(id)).toBe(3)
  expect((await ask(secret, 1)).status).toBe(429)
  expect(grantsIn(await push())).toEqual({ 'acme/app': ['pull', 'push'] })
})
