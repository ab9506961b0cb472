import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Postern, startPostern } from '../harness/postern.ts'
import { type Outcome, signInOutcome } from './attempts.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
afterAll(() => postern.stop())

it('sign-ins from the networks of one IPv6 site do not delay those from elsewhere', async () => {
  const outcomes: Outcome[] = []
  const flood = Array.from({ length: 50 }, async (_, index) => {
    const network = `2001:db8:7:${index.toString(16)}::1`
    outcomes.push(await signInOutcome(postern.url, { username: `nobody${index}`, password: 'wrong' }, network))
  })
  await Promise.race(flood)
  const other = { username: 'nobody', password: 'wrong' }
  expect(await signInOutcome(postern.url, other, '203.0.113.1')).toBe('failed')
  expect(outcomes.length).toBeLessThan(25)
  await Promise.all(flood)
  expect(new Set(outcomes)).toEqual(new Set(['failed']))
})
