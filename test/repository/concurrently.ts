import type { EntityManager } from '@mikro-orm/postgresql'
import { expect, vi } from 'vitest'
import { patience } from '../harness/patience.ts'
import type { Postern } from '../harness/postern.ts'

/**
 * Sends requests that all wait for one lock. `change` holds it, and commits once as many statements wait as there are
 * requests. So everything that the requests have read is outdated.
 */
export async function whileLocked<T>(
  postern: Postern,
  change: (em: EntityManager) => Promise<unknown>,
  requests: ReadonlyArray<() => Promise<T>>,
): Promise<T[]> {
  let sent: Array<Promise<T>> = []
  await postern.em().transactional(async (em) => {
    await change(em)
    sent = requests.map((request) => request())
    await vi.waitFor(async () => {
      const waiting = await postern
        .em()
        .execute<Array<{ n: number }>>(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      expect(waiting[0]?.n).toBe(requests.length)
    }, patience)
  })
  return Promise.all(sent)
}
