import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccessTokensDocument, type Permission } from '../../schema/typed-documents.ts'
import { recordReportedPulls } from '../../src/domain/usage/record-reported-pulls.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, grantsIn } from '../harness/token-endpoint.ts'

// The beginning of a window, and of a generation of grants.
const start = Date.UTC(2030, 4, 6, 6)
const minutes = 60 * 1000

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let organizationId: string

beforeAll(async () => {
  vi.setSystemTime(start)
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme', 'BUSINESS')
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

const pull = (secret: string, url = postern.url) =>
  askForToken(url, { login: acme(secret), scopes: ['repository:acme/app:pull'] })

/** What the registry's notifications of so many pulls with the token do, in one transaction each. */
async function tell(subjectId: string, times = 1): Promise<void> {
  const told = [{ namespaceId: organizationId, subjectId, pulls: 1, at: new Date() }]
  await Promise.all(
    Array.from({ length: times }, () => postern.em().transactional((em) => recordReportedPulls(em, told))),
  )
}

async function usedBy(id: string): Promise<number | undefined> {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  return organization?.accessTokens.nodes.find((token) => token.id === id)?.usageLimit.used
}

/** The statuses of so many pulls at once, on two servers. */
async function pullAtOnce(secret: string, times: number): Promise<{ granted: number; refused: number }> {
  const urls = [postern.url, second.url]
  const answers = await Promise.all(Array.from({ length: times }, (_, index) => pull(secret, urls[index % 2])))
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  return { granted: count(200), refused: count(429) }
}

describe('fifty pulls at once on two servers, with a limit of 20,', () => {
  it('are granted exactly 20 times, and stay 20 when the registry tells of each', async () => {
    const { id, secret } = await generate(20)
    expect(await pullAtOnce(secret, 50)).toEqual({ granted: 20, refused: 30 })
    expect(await usedBy(id)).toBe(20)
    await tell(id, 20)
    expect(await usedBy(id)).toBe(20)
    vi.setSystemTime(start + 30 * minutes)
    expect(await usedBy(id)).toBe(20)
    expect((await pull(secret)).status).toBe(429)
  })

  it('are granted as often as there is room, where the registry has told of some before', async () => {
    const { id, secret } = await generate(20)
    await tell(id, 5)
    expect(await pullAtOnce(secret, 50)).toEqual({ granted: 15, refused: 35 })
    expect(await usedBy(id)).toBe(20)
  })

  it('are granted exactly 20 times while the registry tells of them', async () => {
    const { id, secret } = await generate(20)
    await tell(id, 0)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const { status } = await pull(secret, index % 2 === 0 ? postern.url : second.url)
        if (status === 200) await tell(id)
        return status
      }),
    )
    expect(outcomes.filter((status) => status === 200)).toHaveLength(20)
    expect(await usedBy(id)).toBe(20)
    const rows = await postern
      .em()
      .execute('select pulls, reserved, reserved_previous from usage_window where subject_id = ?', [id])
    expect(rows).toEqual([{ pulls: 20, reserved: 0, reserved_previous: 0 }])
  })
})

describe('a grant that is never used', () => {
  it('makes room again after some minutes, where registries tell', async () => {
    const [{ id, secret }, other] = [await generate(2), await generate(null)]
    await tell(other.id)
    expect(await pullAtOnce(secret, 4)).toEqual({ granted: 2, refused: 2 })
    await tell(id)
    vi.setSystemTime(start + 5 * minutes)
    expect(await usedBy(id)).toBe(2)
    vi.setSystemTime(start + 6 * minutes)
    expect(await usedBy(id)).toBe(1)
    expect(await pullAtOnce(secret, 4)).toEqual({ granted: 1, refused: 3 })
  })

  it('counts to the end of the window, where none does', async () => {
    const { id, secret } = await generate(2)
    await pullAtOnce(secret, 4)
    vi.setSystemTime(start + 359 * minutes)
    expect(await usedBy(id)).toBe(2)
    expect((await pull(secret)).status).toBe(429)
    vi.setSystemTime(start + 360 * minutes)
    expect((await pull(secret)).status).toBe(200)
  })
})

it('counts the real pulls of a token that pushes, and lets it push on when they are used up', async () => {
  const { id, secret } = await generate(2, 'IMAGE_PUSH')
  const push = () => askForToken(postern.url, { login: acme(secret), scopes: ['repository:acme/app:pull,push'] })
  grantsIn(await push())
  expect(await usedBy(id)).toBe(0)
  await tell(id, 3)
  expect(await usedBy(id)).toBe(3)
  expect((await pull(secret)).status).toBe(429)
  expect(grantsIn(await push())).toEqual({ 'acme/app': ['pull', 'push'] })
})
