import { afterAll, beforeAll, expect, it } from 'vitest'
import { countPulls, type WantedPulls } from '../../src/domain/usage/count-pulls.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

const windowStart = new Date('2030-05-06T06:00:00Z')

let postern: Postern
let namespaceId: string
let limited: string
let unlimited: string

beforeAll(async () => {
  postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  namespaceId = await createOrganization(owner, 'acme')
  limited = (await generateToken(owner)).id
  unlimited = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

let clients = 0

/** The request of a new client to pull a number of repositories. */
const want = (
  subjectId: string,
  pulls: number,
  limit: number | null = null,
  changes: Partial<WantedPulls> = {},
): WantedPulls => ({
  subject: { namespaceId, subjectId },
  at: windowStart,
  grantSeconds: 60,
  repositories: Array.from({ length: pulls }, (_, index) => `acme/app${index}`),
  ipAddress: '192.0.2.1',
  userAgent: `client-${clients++}/1.0`,
  limit,
  ...changes,
})

const reserved = () =>
  postern
    .em()
    .execute('select subject_id, reserved[5] as pulls from usage_window where starts_at = ? order by 2', [
      windowStart.toISOString(),
    ])

it('counts requests of one token together, and grants those that fit if not all do', async () => {
  const em = postern.em()
  const wanted = [
    want(limited, 2, 5),
    want(unlimited, 3),
    want(limited, 4, 5),
    want('tok_deleted', 1),
    want(limited, 2, 5),
    want(unlimited, 4),
    want(limited, 1, 5),
    want(limited, 1, 5),
  ]
  expect(await countPulls(em, wanted)).toEqual([
    'COUNTED',
    'COUNTED',
    'LIMIT_REACHED',
    'NO_SUBJECT',
    'COUNTED',
    'COUNTED',
    'COUNTED',
    'LIMIT_REACHED',
  ])
  expect(await reserved()).toEqual([
    { subject_id: limited, pulls: 5 },
    { subject_id: unlimited, pulls: 7 },
  ])
  const [{ count } = { count: 0 }] = await em.execute('select count(*)::int as count from pull_reservation')
  expect(count).toBe(12)
})

it('counts each window of a token separately', async () => {
  const next = { at: new Date('2030-05-06T12:00:00Z') }
  const outcomes = await countPulls(postern.em(), [
    want(limited, 1, 5),
    want(limited, 5, 5, next),
    want(limited, 6, 5, next),
  ])
  expect(outcomes).toEqual(['LIMIT_REACHED', 'COUNTED', 'LIMIT_REACHED'])
})

it('counts one client and repository once, in one batch and in the next', async () => {
  const at = new Date('2030-05-07T06:00:00Z')
  const same = { at, repositories: ['acme/app'], userAgent: 'containerd/2.1.9+unknown' }
  const wanted = Array.from({ length: 4 }, () => want(limited, 1, 1, same))
  expect(await countPulls(postern.em(), wanted)).toEqual(Array(4).fill('COUNTED'))
  expect(await countPulls(postern.em(), wanted)).toEqual(Array(4).fill('COUNTED'))
  const others = [
    { ...same, repositories: ['acme/lib'] },
    { ...same, ipAddress: '192.0.2.2' },
    { ...same, userAgent: 'docker/28.5.2' },
  ]
  for (const other of others)
    expect(await countPulls(postern.em(), [want(limited, 1, 1, other)])).toEqual(['LIMIT_REACHED'])
  expect(await countPulls(postern.em(), [want(limited, 1, 1, { ...same, userAgent: 'containerd/2.2.0' })])).toEqual([
    'COUNTED',
  ])
})

it('reserves nothing of a request that is rejected', async () => {
  const at = new Date('2030-05-08T06:00:00Z')
  const few = want(limited, 2, 2, { at })
  expect(await countPulls(postern.em(), [few])).toEqual(['COUNTED'])
  const more = { ...few, repositories: ['acme/app0', 'acme/other'] }
  expect(await countPulls(postern.em(), [more])).toEqual(['LIMIT_REACHED'])
  expect(await countPulls(postern.em(), [{ ...few, userAgent: 'another/1' }])).toEqual(['LIMIT_REACHED'])
  const rows = await postern.em().execute('select from pull_reservation where starts_at = ?', [at.toISOString()])
  expect(rows).toHaveLength(2)
})
