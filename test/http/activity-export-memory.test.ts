import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

const events = 100_000
const perTransaction = 5_000

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const acme = await createOrganization(owner, 'acme', 'BUSINESS')
  // In parts, because a transaction that moves one head many thousand times becomes slow.
  for (let from = 1; from < events; from += perTransaction)
    await execute(
      postern.config.databaseUrl ?? '',
      `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target, user_agent, data)
     select '${acme}', 'evt_01A' || lpad(n::text, 23, '0'), now(), 'repository.push', 'SYSTEM', 'system', 'acme/api:' || n,
       'docker/29.1.3 go/go1.25', jsonb_build_object('digest', md5(n::text))
     from generate_series(${from}, ${from + perTransaction - 1}) n`,
    )
}, 120_000)
afterAll(() => postern.stop())

/** The bytes that garbage collection cannot free. */
function held(collect: () => void): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it.each(['csv', 'jsonl'])(
  'a long export (%s) is never in memory as a whole, on server and client in one process',
  async (format) => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const url = `${postern.url}/organizations/acme/activity.${format}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${owner.token}` } })
    const before = held(collect)
    let [bytes, lines, chunks, most] = [0, 0, 0, 0]
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength
      for (const byte of chunk) if (byte === 10) lines += 1
      chunks += 1
      if (chunks % 50 === 0) most = Math.max(most, held(collect))
    }
    expect(lines).toBeGreaterThan(events)
    expect(bytes).toBeGreaterThan(150 * events)
    // A few of the hundred pages, each in several forms.
    expect(most).toBeGreaterThan(0)
    expect(most - before).toBeLessThan(bytes / 2)
  },
  120_000,
)
