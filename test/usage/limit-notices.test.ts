import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { UpdateTokenDocument } from '../../schema/typed-documents.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { announceLimits } from '../../src/domain/usage/announce-limits.ts'
import { recordReportedPulls } from '../../src/domain/usage/record-reported-pulls.ts'
import type { Client } from '../harness/client.ts'
import {
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, anotherClient, askForToken } from '../harness/token-endpoint.ts'
import { addMember, userIdOf } from '../token/arrange.ts'

const windowStart = Date.UTC(2030, 4, 6, 6)
const windowEnd = Date.UTC(2030, 4, 6, 12)
const plans = {
  ...defaultPlanTable,
  FREE: { ...defaultPlanTable.FREE, pulls: 5 },
  TEAM: { ...defaultPlanTable.TEAM, tokens: 100, pulls: 10 },
}

let postern: Postern
let owner: Client
let organizationId: string
let grace: Person

beforeAll(async () => {
  vi.setSystemTime(windowStart)
  postern = await startPostern({ plans })
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/site', 'PUBLIC')
  await createOrganization(owner, 'globex', 'BUSINESS')
  grace = await postern.signUp('grace')
})
beforeEach(async () => {
  vi.setSystemTime(windowStart)
  await postern.em().execute('delete from notice')
})
afterAll(async () => {
  vi.useRealTimers()
  await postern.stop()
})

/** Runs the job of every few seconds, and returns all announced notifications. */
async function notices(): Promise<Array<Record<string, unknown>>> {
  await announceLimits(postern.em(), plans, new Date())
  return postern.em().execute('select kind, namespace_id, token_id, token_label, data from notice order by kind')
}

async function pull(secret: string, times: number): Promise<void> {
  const question = { login: acme(secret), scopes: ['repository:acme/site:pull'] }
  for (let pulls = 0; pulls < times; pulls++) await askForToken(postern.url, { ...question, headers: anotherClient() })
}

const reportPulls = (namespaceId: string, subjectId: string, pulls: number) => {
  const report = { subject: { namespaceId, subjectId }, kind: 'PULL', repository: 'acme/site', at: new Date() } as const
  const reports = Array(pulls).fill({ ...report, ipAddress: null, userAgent: null })
  return postern.em().transactional((em) => recordReportedPulls(em, reports))
}

const kinds = async () => (await notices()).map(({ kind }) => kind)
const both = ['USAGE_LIMIT_NEAR', 'USAGE_LIMIT_REACHED']

describe('notifications of the limit of a token', () => {
  it('notifications of the limit of a token are sent to owners at 80 % and at 100 %, once each', async () => {
    const { id, secret } = await generateToken(owner, { label: 'nightly' })
    await pull(secret, 7)
    expect(await notices()).toEqual([])
    await pull(secret, 1)
    const near = {
      kind: 'USAGE_LIMIT_NEAR',
      namespace_id: organizationId,
      token_id: id,
      token_label: 'nightly',
      data: { limit: 10, used: 8, resetsAt: '2030-05-06T12:00:00.000Z' },
    }
    expect(await notices()).toEqual([near])
    await pull(secret, 1)
    expect(await notices()).toEqual([near])
    await pull(secret, 5)
    const reached = { ...near, kind: 'USAGE_LIMIT_REACHED', data: { ...near.data, used: 10 } }
    expect(await notices()).toEqual([near, reached])
    await pull(secret, 2)
    expect(await notices()).toEqual([near, reached])
  })

  it('notifications of the limit of a token are sent again in the next window', async () => {
    const { secret } = await generateToken(owner, { pullLimit: 1 })
    await pull(secret, 1)
    expect(await kinds()).toEqual(both)
    vi.setSystemTime(windowEnd)
    await pull(secret, 1)
    expect(await kinds()).toEqual([...both, ...both].sort())
  })

  it('notifications of the limit of a token include reported pulls without a grant, and those above it', async () => {
    const { id } = await generateToken(owner, { pullLimit: 5 })
    await reportPulls(organizationId, id, 3)
    expect(await notices()).toEqual([])
    await reportPulls(organizationId, id, 1)
    expect(await kinds()).toEqual(['USAGE_LIMIT_NEAR'])
    await reportPulls(organizationId, id, 9)
    expect(await kinds()).toEqual(both)
    await reportPulls(organizationId, id, 9)
    expect(await kinds()).toEqual(both)
  })

  it('notifications of the limit of a token count a grant and its reported pull once', async () => {
    const { id, secret } = await generateToken(owner, { pullLimit: 5 })
    await pull(secret, 3)
    await reportPulls(organizationId, id, 3)
    expect(await notices()).toEqual([])
    await pull(secret, 1)
    await reportPulls(organizationId, id, 1)
    expect(await kinds()).toEqual(['USAGE_LIMIT_NEAR'])
  })

  it('notifications of the limit of a token are not sent without a limit, or if it was raised in time', async () => {
    const { id, secret } = await generateToken(owner, { pullLimit: 5 })
    await pull(secret, 4)
    await owner.execute(UpdateTokenDocument, { id, input: { pullLimit: 10 } })
    expect(await notices()).toEqual([])
    const scopes = [
      { resource: 'REPOSITORY' as const, path: 'globex/*', permissions: ['IMAGE_PULL' as const] },
      { resource: 'REPOSITORY' as const, path: '*/*/public', permissions: ['IMAGE_PULL' as const] },
    ]
    const unlimited = await generateToken(owner, { organization: 'globex', scopes })
    const login = { username: 'globex', password: unlimited.secret }
    for (let pulls = 0; pulls < 20; pulls++)
      await askForToken(postern.url, { login, scopes: ['repository:acme/site:pull'], headers: anotherClient() })
    expect(await notices()).toEqual([])
  })

  it('notifications of the limit of a token are not sent for a past window', async () => {
    const { secret } = await generateToken(owner, { pullLimit: 1 })
    await pull(secret, 1)
    vi.setSystemTime(windowEnd)
    expect(await notices()).toEqual([])
    vi.setSystemTime(windowStart)
    expect(await notices()).toEqual([])
  })

  it('notifications of the limit of a token are sent once, however many servers check at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => generateToken(owner, { pullLimit: 1 })))
    for (const { secret } of tokens) await pull(secret, 1)
    await Promise.all(Array.from({ length: 4 }, () => announceLimits(postern.em(), plans, new Date())))
    expect(await kinds()).toEqual([...tokens.map(() => both[0]), ...tokens.map(() => both[1])])
  })

  it('are sent by a server that starts after the previous one stopped in between', async () => {
    const { secret } = await generateToken(owner, { pullLimit: 1 })
    await pull(secret, 1)
    await postern.restart()
    owner = await postern.signInAsAdministrator()
    await expect.poll(() => postern.em().execute('select from notice')).toHaveLength(2)
  })
})

it("a person's notification counts the pulls of all their tokens, against their best plan", async () => {
  const userId = await userIdOf(postern.em(), 'grace')
  const login = { username: 'grace', password: grace.password }
  const pullAsGrace = () =>
    askForToken(postern.url, { login, scopes: ['repository:acme/site:pull'], headers: anotherClient() })
  for (let pulls = 0; pulls < 4; pulls++) await pullAsGrace()
  expect(await notices()).toEqual([
    {
      kind: 'USAGE_LIMIT_NEAR',
      namespace_id: userId,
      token_id: null,
      token_label: null,
      data: { limit: 5, used: 4, resetsAt: '2030-05-06T12:00:00.000Z' },
    },
  ])
  await addMember(postern.em(), organizationId, 'grace', 'MEMBER')
  await reportPulls(userId, userId, 5)
  expect(await kinds()).toEqual(['USAGE_LIMIT_NEAR'])
  await reportPulls(userId, userId, 5)
  expect(await kinds()).toEqual(both)
})
