import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type * as Pg from 'pg'

/*
 * Preloaded into every server process of a benchmark: it counts the statements that go to PostgreSQL, and tells the
 * harness what the process has used when it asks.
 */

/** What a process has used since it started. */
export interface Usage {
  /** CPU time in user and kernel mode. */
  readonly cpuMs: number
  /** Statements sent, `begin` and `commit` among them. */
  readonly statements: number
  readonly residentMb: number
}

// The pg of the program that runs here: Postern has its own, the peers have theirs.
const { Client }: typeof Pg = createRequire(resolve(process.argv[1] ?? ''))('pg')

let statements = 0
const query: unknown = Reflect.get(Client.prototype, 'query')
if (typeof query !== 'function') throw new TypeError('pg.Client has no method `query` any more.')
Reflect.set(Client.prototype, 'query', function (this: Pg.Client, ...args: unknown[]): unknown {
  statements++
  return Reflect.apply(query, this, args)
})

process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  const usage: Usage = { cpuMs: (user + system) / 1000, statements, residentMb: process.memoryUsage.rss() / 2 ** 20 }
  process.send?.(usage)
})
// The harness's channel is not to keep a server alive that wants to end; and no server outlives a harness that was killed.
process.channel?.unref()
process.once('disconnect', () => process.exit())
