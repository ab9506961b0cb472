import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type * as Pg from 'pg'

/*
 * Preloaded into every server process of a benchmark. It counts the statements that go to PostgreSQL, and sends the
 * harness the resources that the process has used, on request.
 */

/** The resources that a process has used since it started. */
export interface Usage {
  /** CPU time in user and kernel mode. */
  readonly cpuMs: number
  /** Statements sent, including `begin` and `commit`. */
  readonly statements: number
  readonly residentMb: number
}

// The pg package of the running program: Postern and the peers each have their own.
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
// The channel to the harness must not keep a server alive that wants to exit, and no server may outlive a killed
// harness.
process.channel?.unref()
process.once('disconnect', () => process.exit())
