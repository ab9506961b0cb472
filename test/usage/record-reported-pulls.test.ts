import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countPulls } from '../../src/domain/usage/count-pulls.ts'
import { type ReportedPull, recordReportedPulls } from '../../src/domain/usage/record-reported-pulls.ts'
import { findUsage } from '../../src/domain/usage/token-usage-store.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

// The beginning of a window. A grant lives for 60 seconds, in slots of 15.
const start = Date.UTC(2030, 4, 6, 6)

let postern: Postern
let namespaceId: string
let subjectId: string

/** A time in seconds from the beginning of the window. */
const at = (seconds: number) => new Date(start + seconds * 1000)

beforeAll(async () => {
  postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  namespaceId = await createOrganization(owner, 'acme')
  subjectId = (await generateToken(owner)).id
})
beforeEach(async () => {
  await postern.em().execute('delete from usage_window')
  await postern.em().execute('delete from pull_reservation')
  await postern.em().execute('update deployment set last_registry_event_at = null')
})
afterAll(() => postern.stop())

const repository = 'acme/app'
const client = (index: number) => ({ ipAddress: `192.0.2.${index}`, userAgent: 'docker/28.5.2' })

/** Grants a pull to the client with that index. */
const grant = async (seconds: number, index = 1, limit = 100) =>
  (
    await countPulls(postern.em(), [
      {
        subject: { namespaceId, subjectId },
        at: at(seconds),
        grantSeconds: 60,
        repositories: [repository],
        limit,
        ...client(index),
      },
    ])
  )[0]

const reported = (seconds: number, index: number, changes: Partial<ReportedPull> = {}): ReportedPull => ({
  subject: { namespaceId, subjectId },
  kind: 'PULL',
  repository,
  at: at(seconds),
  ...client(index),
  ...changes,
})
const record = (...reports: ReportedPull[]) => postern.em().transactional((em) => recordReportedPulls(em, reports))
const pulled = (seconds: number, index = 1, changes: Partial<ReportedPull> = {}) =>
  record(reported(seconds, index, changes))
const checked = (seconds: number, index = 1) => record(reported(seconds, index, { kind: 'CHECK' }))

const usedAt = async (seconds: number) => {
  const [usage] = await findUsage(postern.em(), [{ namespaceId, ids: [subjectId] }], at(seconds))
  return usage?.get(subjectId)?.[0]?.pulls ?? 0
}

describe('a reported pull', () => {
  it('a reported pull replaces the reservation of its client', async () => {
    await grant(10)
    expect(await usedAt(11)).toBe(1)
    await pulled(11)
    expect(await usedAt(11)).toBe(1)
    await grant(59)
    await grant(59, 2)
    await pulled(61)
    expect(await usedAt(61)).toBe(3)
    await pulled(62, 2)
    expect(await usedAt(61)).toBe(3)
    expect(await postern.em().execute('select from pull_reservation')).toEqual([])
  })

  it('a reported pull of another client replaces a reservation of the same repository only', async () => {
    await pulled(0, 9)
    await grant(1, 1)
    await pulled(2, 7, { userAgent: 'proxy' })
    expect(await usedAt(3)).toBe(2)
    await grant(4, 1)
    await pulled(5, 1, { repository: 'acme/lib' })
    expect(await usedAt(6)).toBe(4)
    await pulled(7, 1)
    expect(await usedAt(8)).toBe(4)
  })

  it('a reported pull replaces the reservation of its own client first', async () => {
    await pulled(0, 9)
    await grant(1, 1)
    await grant(2, 2)
    await pulled(3, 2)
    const rows = await postern.em().execute('select host(network) as network from pull_reservation')
    expect(rows).toEqual([{ network: '192.0.2.1' }])
  })

  it('a reported pull counts as one more without a reservation, or if one covers several', async () => {
    await record(...Array.from({ length: 3 }, () => reported(5, 1)))
    expect(await usedAt(5)).toBe(3)
    await grant(6)
    await record(...Array.from({ length: 4 }, () => reported(7, 1)))
    expect(await usedAt(7)).toBe(7)
  })

  it('a reported pull counts above the limit, and leaves no room for grants', async () => {
    await grant(1, 1, 2)
    await record(...Array.from({ length: 5 }, () => reported(2, 1)))
    expect(await usedAt(2)).toBe(5)
    expect(await grant(3, 1, 5)).toBe('LIMIT_REACHED')
    expect(await grant(3, 1, 6)).toBe('COUNTED')
  })

  it('a reported pull does not replace later reservations', async () => {
    await pulled(1)
    await grant(710)
    await pulled(11)
    expect(await usedAt(711)).toBe(3)
    await pulled(712)
    expect(await usedAt(712)).toBe(3)
  })

  it("a reported pull finds its reservation if the registry's clock differs by some seconds", async () => {
    await pulled(1)
    await grant(361)
    await pulled(340)
    expect(await usedAt(361)).toBe(2)
    await grant(362)
    await pulled(380)
    expect(await usedAt(380)).toBe(3)
  })

  it('a reported pull counts in its own window, and closes a reservation of the window before', async () => {
    await grant(-1)
    await pulled(1)
    expect(await usedAt(1)).toBe(1)
    expect(await postern.em().execute('select from pull_reservation')).toEqual([])
  })

  it('a reported pull is ignored if its token has been deleted, or the id is unknown', async () => {
    await record(
      reported(1, 1, { subject: { namespaceId, subjectId: 'tok_gone' } }),
      reported(1, 1, { subject: { namespaceId: 'usr_gone', subjectId: 'usr_gone' } }),
    )
    expect(await postern.em().execute('select from usage_window')).toEqual([])
  })
})

describe('a reported check of a manifest', () => {
  it('a reported check of a manifest counts as nothing, and releases its reservation within ten seconds', async () => {
    await grant(1, 1, 1)
    await checked(2)
    expect(await usedAt(2)).toBe(0)
    // Until then, the pull that the grant allows may still arrive.
    expect(await grant(3, 2, 1)).toBe('LIMIT_REACHED')
    expect(await grant(12, 2, 1)).toBe('COUNTED')
  })

  it('a reported check of a manifest reserves the pull that follows once, also with a second grant', async () => {
    await grant(1, 1, 1)
    await checked(2)
    expect(await grant(2, 1, 1)).toBe('COUNTED')
    await pulled(3)
    expect(await usedAt(3)).toBe(1)
    expect(await grant(4, 1, 2)).toBe('COUNTED')
    expect(await grant(4, 2, 2)).toBe('LIMIT_REACHED')
  })

  it('a reported check by another kind of client closes no reservation', async () => {
    await pulled(0, 9)
    await grant(1)
    await record(reported(2, 1, { kind: 'CHECK', userAgent: 'skopeo/1.9.3' }))
    expect(await usedAt(3)).toBe(2)
  })

  it('a reported check writes nothing if nothing is reserved', async () => {
    await checked(1)
    expect(await postern.em().execute('select from usage_window')).toEqual([])
  })
})

describe('an unused grant', () => {
  it('an unused grant lapses after its life and a quarter at most, if registries report pulls', async () => {
    await pulled(1, 9)
    await grant(14, 1)
    await grant(30, 2)
    expect(await usedAt(74)).toBe(3)
    expect(await usedAt(90)).toBe(2)
    expect(await grant(90, 3, 2)).toBe('LIMIT_REACHED')
    expect(await grant(91, 3, 2)).toBe('COUNTED')
    expect(await usedAt(91)).toBe(2)
  })

  it('an unused grant counts until the window ends, once per life, if no registry reported for a day', async () => {
    for (const seconds of [100, 130, 400, 900]) await grant(seconds)
    expect(await usedAt(21_599)).toBe(3)
    expect(await grant(21_599, 1, 3)).toBe('LIMIT_REACHED')
    const told = new Date(start + 21_598_000 - 24 * 3600 * 1000)
    await postern.em().execute('update deployment set last_registry_event_at = ?', [told.toISOString()])
    expect(await usedAt(21_599)).toBe(3)
    const later = new Date(told.getTime() + 3000).toISOString()
    await postern.em().execute('update deployment set last_registry_event_at = ?', [later])
    expect(await usedAt(21_599)).toBe(0)
  })

  it('an unused grant counts the same for instances whose clocks differ', async () => {
    await pulled(1, 9)
    await grant(361, 1)
    await grant(339, 2)
    expect(await usedAt(339)).toBe(3)
    expect(await usedAt(361)).toBe(3)
    await record(reported(340, 1), reported(341, 2))
    expect(await usedAt(362)).toBe(3)
  })
})

it('records once a minute that registries report', async () => {
  const lastRegistryEventAt = async () =>
    (await postern.em().execute('select extract(epoch from last_registry_event_at)::int as at from deployment'))[0]?.at
  await pulled(0)
  expect(await lastRegistryEventAt()).toBe(start / 1000)
  await checked(59)
  expect(await lastRegistryEventAt()).toBe(start / 1000)
  await checked(61)
  expect(await lastRegistryEventAt()).toBe(start / 1000 + 61)
})

it('the count is exact if grants, checks and pulls arrive at once, in any order', async () => {
  const other = await generateToken(await postern.signInAsAdministrator())
  const subjects = [subjectId, other.id].map((id) => ({ namespaceId, subjectId: id }))
  const works = Array.from({ length: 40 }, (_, index) => async () => {
    const request = { at: at(index), repositories: [repository], ...client(index), grantSeconds: 60, limit: 100 }
    const ordered = index % 2 === 0 ? subjects : subjects.toReversed()
    await countPulls(
      postern.em(),
      ordered.map((subject) => ({ ...request, subject })),
    )
    if (index % 3 === 0) await record(...ordered.map((subject) => reported(index, index, { subject, kind: 'CHECK' })))
    await record(...ordered.map((subject) => reported(index, index, { subject })))
  })
  await Promise.all(works.map((work) => work()))
  const rows = await postern.em().execute('select pulls, reserved, checked, unreported from usage_window')
  expect(rows).toHaveLength(2)
  for (const row of rows) {
    expect(row.pulls).toBe(40)
    for (const counts of [row.reserved, row.checked])
      expect(counts.map(Number).every((each: number) => each === 0)).toBe(true)
  }
  expect(await postern.em().execute('select from pull_reservation')).toEqual([])
})
