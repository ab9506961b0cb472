import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Postern, startPostern } from '../harness/postern.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const given = '4bf92f3577b34da6a3ce929d0e0e4736'

let behindProxy: Postern
let alone: Postern
beforeAll(async () => {
  behindProxy = await startPostern({ trustProxy: ['127.0.0.1'] })
  alone = await startPostern()
})
afterAll(() => Promise.all([behindProxy.stop(), alone.stop()]))

const requestIdFor = async ({ url }: Postern, id: string) =>
  (await fetch(`${url}/livez`, { headers: { 'x-request-id': id } })).headers.get('x-request-id')

it('keeps the request id of a trusted proxy', async () => {
  expect(await requestIdFor(behindProxy, given)).toBe(given)
})

it('replaces the request id of a client', async () => {
  expect(await requestIdFor(alone, given)).toMatch(uuid)
})

it.each([
  ['is short', 'a'],
  ['is long', 'a'.repeat(129)],
  ['has other characters', 'a request id "with quotes"'],
  ['begins like a formula', '=HYPERLINK(1)'],
])('replaces a request id that %s', async (_, id) => {
  expect(await requestIdFor(behindProxy, id)).toMatch(uuid)
})
