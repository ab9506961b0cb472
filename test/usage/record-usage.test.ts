import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { insertUsage, type UsageEntry } from '../../src/domain/usage/usage-day-store.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let namespaceId: string

beforeAll(async () => {
  postern = await startPostern()
  namespaceId = await createOrganization(await postern.signInAsAdministrator(), 'acme')
})
beforeEach(() => postern.em().execute('delete from usage_day'))
afterAll(() => postern.stop())

const entry = (rest: Partial<UsageEntry> = {}): UsageEntry => ({
  namespaceId,
  at: new Date('2026-11-22T23:59:59.999Z'),
  repository: 'acme/api',
  tokenId: 'tok_a',
  tokenLabel: 'ci',
  userId: null,
  ipAddress: '192.0.2.1',
  pulls: 1,
  pushes: 0,
  ...rest,
})

const days = () =>
  postern.em().execute(
    `select day::text, repository, token_id, user_id, host(ip_address) as ip, token_label, pulls, pushes
     from usage_day order by day, repository, token_id nulls first, user_id, ip_address nulls first`,
  )

it('sums up rows of one day, repository, token, person and address, each of which can be unknown', async () => {
  const nobody = { tokenId: null, tokenLabel: null, ipAddress: null }
  await insertUsage(postern.em(), [entry(), entry(nobody), entry({ pushes: 2, pulls: 0 }), entry(nobody)])
  await insertUsage(postern.em(), [entry({ tokenLabel: 'release' }), entry(nobody), entry({ tokenLabel: null })])
  const common = { day: '2026-11-22', repository: 'acme/api', user_id: null }
  expect(await days()).toEqual([
    { ...common, token_id: null, ip: null, token_label: null, pulls: 3, pushes: 0 },
    { ...common, token_id: 'tok_a', ip: '192.0.2.1', token_label: 'release', pulls: 3, pushes: 2 },
  ])
})

it('begins a row at midnight UTC, and ignores rows of a deleted namespace', async () => {
  const midnight = new Date('2026-11-23T00:00:00Z')
  await insertUsage(postern.em(), [entry(), entry({ at: midnight }), entry({ namespaceId: 'org_gone' })])
  expect((await days()).map(({ day, pulls }) => [day, pulls])).toEqual([
    ['2026-11-22', 1],
    ['2026-11-23', 1],
  ])
})

it('loses nothing and never deadlocks if many write the same rows in different orders', async () => {
  const entries = Array.from({ length: 20 }, (_, index) => entry({ repository: `acme/r${index}` }))
  const orders = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? entries : entries.toReversed()))
  await Promise.all(orders.map((rows) => postern.em().transactional((em) => insertUsage(em, rows))))
  const sums = (await days()).map(({ pulls }) => pulls)
  expect(sums).toEqual(Array(20).fill(8))
})
