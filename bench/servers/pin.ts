import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/*
 * Servers have the first core to themselves; the load and PostgreSQL have the others. So a server never waits for its
 * own measurement. Without `taskset`, or with only one core, nothing is pinned.
 */

const cores = availableParallelism()
const canPin = cores > 1 && spawnSync('taskset', ['--version']).status === 0
const coresFor = { server: '0', load: `1-${cores - 1}` }

export const pinning = canPin
  ? 'servers on one core, load and PostgreSQL on the rest'
  : 'processes wherever the system puts them'

/** The command line of a program, pinned. */
export function pinned(part: keyof typeof coresFor, program: string, args: string[]): [string, string[]] {
  return canPin ? ['taskset', ['--cpu-list', coresFor[part], program, ...args]] : [program, args]
}

/** Moves this process, and all processes that it starts later, to the cores of the load. */
export function pinThisProcess(): void {
  if (canPin) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', coresFor.load, String(process.pid)])
}
