import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cheapRequests, request } from '../abuse/cheap-requests.ts'
import { FloodClient } from '../abuse/flood-client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

const floodMs = 1_200
/** How long a flood waits for its last responses. */
const lastResponsesMs = 500
const connections = 40

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

/** The number of responses to a flood of one network, beside another network if `isShared`. */
async function responses(text: string, isShared: boolean): Promise<number> {
  const other = isShared ? new FloodClient(postern.url, 1, request('GET /livez')).run(floodMs + 500) : null
  if (isShared) await fetch(`${postern.url}/livez`)
  const { all } = await new FloodClient(postern.url, connections, text, '127.0.0.5').run(floodMs)
  await other
  return all
}

/** The number of requests that get `places` at once, each of which stays taken for `pauseMs`. */
function most(places: number, pauseMs: number): number {
  return places * (Math.ceil((floodMs + lastResponsesMs) / pauseMs) + 1)
}

const limits: Readonly<Record<string, number>> = {
  'GET /metrics': most(4, 20),
  'GET /readyz': most(4, 20),
  GraphiQL: most(4, 20),
  'a path that does not exist': most(4, 20),
  'introspection of the schema': most(12, 100),
  'an invalid document': most(12, 100),
  'an invalid scope': most(32, 100),
  'an invalid device code': most(8, 100),
  'reports with a wrong secret': most(connections, 1_000),
}

describe('a flood of requests that anybody can send', () => {
  it.each(Object.entries(cheapRequests))(
    'beside another network, a flood of requests of %s is slowed',
    async (name, text) => {
      expect(await responses(text, true)).toBeLessThanOrEqual(limits[name] ?? 0)
    },
  )

  it.each(['an invalid document', 'an invalid scope'])('a network alone is not slowed: %s', async (name) => {
    expect(await responses(cheapRequests[name] ?? '', false)).toBeGreaterThan(1.5 * (limits[name] ?? 0))
  })
})
