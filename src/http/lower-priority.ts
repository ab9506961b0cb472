import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

const niceness = 10
const poolThreadName = 'libuv-worker'

/**
 * Lets the threads that hash passwords wait for the one that serves requests (Linux only, where threads have priorities and
 * names): a flood of sign-ins then takes what is left of the CPU, and not half of it. The pool has its threads from its first
 * work on, so call it after some. Elsewhere it does nothing.
 */
export function lowerPriorityOfPool(): void {
  if (process.platform !== 'linux') return
  const tasks = '/proc/self/task'
  for (const thread of readdirSync(tasks))
    try {
      if (readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim() === poolThreadName)
        setPriority(Number(thread), niceness)
    } catch {
      // The thread has ended, or the sandbox forbids it: then all threads stay equal.
    }
}
