import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countPulls } from '../../src/domain/usage/count-pulls.ts'
import { findUsage } from '../../src/domain/usage/find-usage.ts'
import { recordReportedPulls } from '../../src/domain/usage/record-reported-pulls.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

// The beginning of a window, and of a generation.
const start = Date.UTC(2030, 4, 6, 6)

let postern: Postern
let namespaceId: string
let subjectId: string

/** A moment, in seconds from the beginning of the window. */
const at = (seconds: number) => new Date(start + seconds * 1000)

beforeAll(async () => {
  postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  namespaceId = await createOrganization(owner, 'acme')
  subjectId = (await generateToken(owner)).id
})
beforeEach(async () => {
  await postern.em().execute('delete from usage_window')
  await postern.em().execute('update deployment set last_registry_event_at = null')
})
afterAll(() => postern.stop())

const grant = async (seconds: number, limit: number | null = null, pulls = 1) =>
  (await countPulls(postern.em(), [{ namespaceId, subjectId, at: at(seconds), pulls, limit }]))[0]
const tell = (seconds: number, pulls = 1) =>
  postern.em().transactional((em) => recordReportedPulls(em, [{ namespaceId, subjectId, pulls, at: at(seconds) }]))
const usedAt = async (seconds: number) => {
  const [usage] = await findUsage(postern.em(), [{ namespaceId, ids: [subjectId] }], at(seconds))
  return usage?.get(subjectId)?.[0]?.pulls ?? 0
}

describe('a pull that a registry tells of', () => {
  it('takes the place of the grant that it came of, whenever that was', async () => {
    await grant(10)
    await tell(11)
    expect(await usedAt(11)).toBe(1)
    await grant(179)
    await tell(181)
    expect(await usedAt(181)).toBe(2)
    // The registry's clock is somewhat behind.
    await grant(361)
    await tell(359)
    expect(await usedAt(361)).toBe(3)
  })

  it('is one more where there was no grant, or one grant for several', async () => {
    await tell(5, 3)
    expect(await usedAt(5)).toBe(3)
    await grant(6)
    await tell(7, 4)
    expect(await usedAt(7)).toBe(7)
  })

  it('counts above the limit, and leaves no room for grants', async () => {
    await grant(1, 2)
    await tell(2, 5)
    expect(await usedAt(2)).toBe(5)
    expect(await grant(3, 5)).toBe('LIMIT_REACHED')
    expect(await grant(3, 6)).toBe('COUNTED')
  })

  it('settles the older of two grants, so that the younger lapses last', async () => {
    await grant(170)
    await grant(190)
    await tell(191)
    expect(await usedAt(191)).toBe(2)
    // Of the next generation, the younger still counts; after it no more.
    expect(await usedAt(370)).toBe(2)
    expect(await usedAt(541)).toBe(1)
  })

  it('settles nothing of today when it is told late', async () => {
    await tell(1)
    await grant(10)
    await grant(710)
    await tell(11)
    expect(await usedAt(711)).toBe(3)
    await tell(712)
    expect(await usedAt(712)).toBe(3)
  })

  it('falls into the window in which it was made', async () => {
    await grant(-1)
    await tell(1)
    expect(await usedAt(-1)).toBe(1)
    expect(await usedAt(1)).toBe(1)
  })

  it('is left out when its token has been deleted, or nobody has the id', async () => {
    const gone = { pulls: 1, at: at(1) }
    await postern.em().transactional((em) =>
      recordReportedPulls(em, [
        { ...gone, namespaceId, subjectId: 'tok_gone' },
        { ...gone, namespaceId: 'usr_gone', subjectId: 'usr_gone' },
      ]),
    )
    expect(await postern.em().execute('select from usage_window')).toEqual([])
  })
})

describe('a grant that is never used', () => {
  it('lapses with the generation after its own, where registries tell', async () => {
    await tell(1)
    await grant(100)
    await grant(185)
    expect(await usedAt(359)).toBe(3)
    expect(await usedAt(360)).toBe(2)
    expect(await usedAt(540)).toBe(1)
    expect(await grant(540, 1)).toBe('LIMIT_REACHED')
    expect(await grant(540, 2)).toBe('COUNTED')
    expect(await usedAt(540)).toBe(2)
  })

  it('counts to the end of the window where no registry has told of anything for a day', async () => {
    await grant(100)
    await grant(400)
    await grant(900)
    expect(await usedAt(21_599)).toBe(3)
    expect(await grant(21_599, 3)).toBe('LIMIT_REACHED')
    const told = new Date(start + 21_598_000 - 24 * 3600 * 1000)
    await postern.em().execute('update deployment set last_registry_event_at = ?', [told.toISOString()])
    expect(await usedAt(21_599)).toBe(3)
    await postern
      .em()
      .execute('update deployment set last_registry_event_at = ?', [new Date(told.getTime() + 3000).toISOString()])
    expect(await usedAt(21_599)).toBe(0)
  })

  it('is none the worse for clocks that are seconds apart', async () => {
    await tell(1)
    await grant(361)
    await grant(359)
    expect(await usedAt(359)).toBe(3)
    expect(await usedAt(361)).toBe(3)
    await tell(360, 2)
    expect(await usedAt(362)).toBe(3)
  })
})

it('notes that registries tell once a minute', async () => {
  const lastRegistryEventAt = async () =>
    (await postern.em().execute('select extract(epoch from last_registry_event_at)::int as at from deployment'))[0]?.at
  await tell(0)
  expect(await lastRegistryEventAt()).toBe(start / 1000)
  await tell(59)
  expect(await lastRegistryEventAt()).toBe(start / 1000)
  await tell(61)
  expect(await lastRegistryEventAt()).toBe(start / 1000 + 61)
})

it('is exact when grants and pulls that are told come at once, in any order', async () => {
  const other = await generateToken(await postern.signInAsAdministrator())
  const both = [subjectId, other.id]
  const works = Array.from({ length: 40 }, (_, index) => async () => {
    const subjects = index % 2 === 0 ? both : both.toReversed()
    const one = { namespaceId, pulls: 1, at: at(10) }
    if (index % 4 < 2)
      await countPulls(
        postern.em(),
        subjects.map((id) => ({ ...one, subjectId: id, limit: null })),
      )
    else
      await postern.em().transactional((em) =>
        recordReportedPulls(
          em,
          subjects.map((id) => ({ ...one, subjectId: id })),
        ),
      )
  })
  await Promise.all(works.map((work) => work()))
  const rows = await postern.em().execute('select pulls, reserved + reserved_previous as open from usage_window')
  for (const { pulls, open } of rows) {
    expect(pulls).toBe(20)
    // At most as many as were granted; those whose pull was told of before are settled by none.
    expect(open).toBeGreaterThanOrEqual(0)
    expect(open).toBeLessThanOrEqual(20)
  }
  expect(rows).toHaveLength(2)
})
