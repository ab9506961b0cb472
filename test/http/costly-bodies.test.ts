import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientId, deviceCodeGrant, poll, postForm, startDevice } from '../harness/device.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

/** The shortest of three durations, because other work can only lengthen one. */
async function shortestMs(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now()
    await work()
    durations.push(performance.now() - startedAt)
  }
  return Math.min(...durations)
}

/** A form in which every parameter has another name. */
function manyNames(count: number): URLSearchParams {
  return new URLSearchParams(Array.from({ length: count }, (_, index): [string, string] => [index.toString(36), '']))
}

describe('forms of OAuth', () => {
  it('a form with many parameters takes time in proportion to its length', async () => {
    const [short, long] = [manyNames(1_500), manyNames(12_000)]
    const shortMs = await shortestMs(() => postForm(postern.url, 'token', short))
    expect(await shortestMs(() => postForm(postern.url, 'token', long))).toBeLessThan(20 * shortMs)
  })

  it('a repeated parameter is invalid', async () => {
    const form = new URLSearchParams([
      ['client_id', clientId],
      ['client_id', clientId],
    ])
    expect(await postForm(postern.url, 'device', form)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'Send each parameter once.' },
    })
  })

  it.each(['\u0000', '\u202e', 'a'.repeat(101)])('client_id %j is invalid for a token, too', async (id) => {
    const { deviceCode } = await startDevice(postern)
    const form = { grant_type: deviceCodeGrant, device_code: deviceCode, client_id: id }
    expect(await postForm(postern.url, 'token', form)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })

  it('a device that polls too early gets its response a second later', async () => {
    const device = await startDevice(postern)
    expect((await poll(postern, device)).body).toMatchObject({ error: 'authorization_pending' })
    const startedAt = performance.now()
    expect((await poll(postern, device)).body).toMatchObject({ error: 'slow_down' })
    expect(performance.now() - startedAt).toBeGreaterThan(900)
  })
})

describe('a header Accept of more than 1,000 characters', () => {
  const accept = `text/html,${'a/b,'.repeat(250)}`

  it('is ignored by the page', async () => {
    const response = await fetch(`${postern.url}/graphql`, { headers: { accept } })
    expect(response.headers.get('content-type')).not.toMatch(/html/)
  })

  it('is ignored by the API', async () => {
    const response = await fetch(`${postern.url}/graphql`, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: '{"query": "{ __typename }"}',
    })
    expect(await response.json()).toMatchObject({ data: { __typename: 'Query' } })
  })
})
