import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Finding } from '../../src/domain/activity/follow-chain.ts'
import { pruneActivity } from '../../src/domain/activity/prune-activity.ts'
import { verifyActivity } from '../../src/domain/activity/verify-activity.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { defaultPlanTable, type PlanTable } from '../../src/domain/model/plan.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { tamper } from '../harness/tamper.ts'
import { userIdOf } from '../token/arrange.ts'
import { list, targetsOf } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string
let namespaces: Readonly<Record<'free' | 'acme' | 'business' | 'person', string>>
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'TEAM')
  namespaces = {
    acme,
    free: await createOrganization(owner, 'free', 'FREE'),
    business: await createOrganization(owner, 'business', 'BUSINESS'),
    person: await userIdOf(postern.em(), 'admin'),
  }
})
afterAll(() => postern.stop())
beforeEach(() =>
  tamper(
    postern.config.databaseUrl ?? '',
    ...['event', 'chain', 'checkpoint'].map((table) => `delete from activity_${table}`),
  ),
)

const dayMs = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs)

/** Inserts events that are so many days old, in this order. The number of days is the target of each. */
async function insert(namespace: string, ...days: readonly number[]): Promise<void> {
  for (const ago of days) {
    const at = daysAgo(ago)
    const actor = { actorKind: 'SYSTEM' as const, actorId: null, actorName: 'system', tokenId: null, tokenLabel: null }
    const from = { ipAddress: null, userAgent: null, requestId: null, data: {} }
    const event = { id: newId('evt', at), at, namespace, action: 'member.invite', target: String(ago) }
    await postern.em().insert(ActivityEvent, { ...event, ...actor, ...from })
  }
}

const expire = (now = new Date(), plans: PlanTable = defaultPlanTable) => pruneActivity(postern.em(), plans, now)

/** The targets of the remaining events of a namespace. Also checks that the chains are complete. */
async function left(namespace: string): Promise<number[]> {
  const found: Finding[] = []
  await verifyActivity(postern.em(), { onFinding: (finding) => found.push(finding) })
  expect(found).toEqual([])
  const events = await postern.em().find(ActivityEvent, { namespace }, { orderBy: { id: 'asc' } })
  return events.map(({ target }) => Number(target))
}

describe('events beyond the retention', () => {
  it('events beyond the retention are deleted: by the plan of an organization, by the largest for people', async () => {
    const days = [500, 366, 364, 100, 91, 89, 31, 29, 2, 0]
    for (const namespace of Object.values(namespaces)) await insert(namespace, ...days)
    await expire()
    const younger = (limit: number) => days.filter((each) => each < limit)
    expect(await left(namespaces.free)).toEqual(younger(30))
    expect(await left(namespaces.acme)).toEqual(younger(90))
    expect(await left(namespaces.business)).toEqual(younger(365))
    expect(await left(namespaces.person)).toEqual(younger(365))
    await expire()
    expect(await left(namespaces.acme)).toEqual(younger(90))
  })

  it('the operator sets the retention, which can be unlimited', async () => {
    await insert(acme, 500, 8, 6, 0)
    await insert(namespaces.person, 5_000)
    const plans = (activityDays: number | null): PlanTable => ({
      ...defaultPlanTable,
      TEAM: { ...defaultPlanTable.TEAM, activityDays },
      BUSINESS: { ...defaultPlanTable.BUSINESS, activityDays: null },
    })
    await expire(new Date(), plans(null))
    expect(await left(acme)).toEqual([500, 8, 6, 0])
    expect(await left(namespaces.person)).toEqual([5_000])
    await expire(new Date(), plans(7))
    expect(await left(acme)).toEqual([6, 0])
    await expire(new Date(), plans(1))
    expect(await left(acme)).toEqual([0])
  })

  it('events beyond the retention are deleted in steps, and the chain continues after them', async () => {
    await insert(acme, 100, 95, 80, 70)
    await expire()
    expect(await left(acme)).toEqual([80, 70])
    await insert(acme, 60)
    await expire(new Date(Date.now() + 15 * dayMs))
    expect(await left(acme)).toEqual([70, 60])
    await expire(new Date(Date.now() + 50 * dayMs))
    expect(await left(acme)).toEqual([])
    await insert(acme, 1)
    expect(await left(acme)).toEqual([1])
  })

  it('events beyond the retention are kept as long as a younger event was written before them', async () => {
    await insert(acme, 200, 50, 150, 40)
    await expire()
    expect(await left(acme)).toEqual([150, 50, 40])
    await expire(new Date(Date.now() + 45 * dayMs))
    expect(await left(acme)).toEqual([40])
  })

  it('events beyond the retention are deleted once, in their thousands, by several instances', async () => {
    await postern.em().execute(
      `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target)
       select ?, 'evt_01A' || lpad(n::text, 23, '0'), now() - interval '100 days', 'old', 'SYSTEM', 'system', n::text
       from generate_series(1, 12000) n`,
      [acme],
    )
    await insert(acme, 3)
    await Promise.all(Array.from({ length: 4 }, () => expire()))
    expect(await left(acme)).toEqual([3])
  })

  it('events beyond the retention are missing on the next page of a list, on which nothing is repeated', async () => {
    await insert(acme, 120, 110, 100, 80, 70, 60)
    const first = await list(owner, { first: 4 })
    expect(targetsOf(first)).toEqual(['60', '70', '80', '100'])
    await expire()
    const after = first.pageInfo.endCursor ?? ''
    expect(await list(owner, { first: 4, after })).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } })
    expect(targetsOf(await list(owner, { first: 2 }))).toEqual(['60', '70'])
  })

  it('events beyond the retention are deleted when a server starts', async () => {
    await insert(acme, 100, 3)
    await postern.restart()
    await vi.waitFor(async () => expect(await left(acme)).toEqual([3]), { timeout: 20_000 })
  })
})
