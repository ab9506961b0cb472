import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

const niceness = 10
const poolThreadName = 'libuv-worker'

/**
 * Lowers the priority of the threads that hash passwords (Linux only, where threads have priorities and names): a flood
 * of sign-ins then uses the rest of the CPU instead of half of it. Call it after some work of the pool, which starts
 * its threads with its first work.
 */
export function lowerPriorityOfPool(): void {
  if (process.platform !== 'linux') return
  const tasks = '/proc/self/task'
  for (const thread of readdirSync(tasks))
    try {
      if (readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim() === poolThreadName)
        setPriority(Number(thread), niceness)
    } catch {
      // The thread has ended, or the sandbox does not allow it. Then the priority stays.
    }
}
