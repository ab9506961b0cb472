import type { EntityManager } from '@mikro-orm/postgresql'
import { Denied } from '../shared/errors.ts'
import { leastIdAt } from '../shared/id.ts'
import type { ServiceLimit } from '../shared/service-limits.ts'
import { kysely } from '../sql/tables.ts'

/** How many personal tokens a person generates in an hour at most. */
export const maxGeneratedInAnHour = 20

const hourMs = 3_600_000

function rateOf(resetSeconds: number): ServiceLimit {
  const quota = maxGeneratedInAnHour
  return { name: 'personal-tokens', quota, windowSeconds: hourMs / 1000, remaining: 0, resetSeconds }
}

/**
 * Throws `Denied` (TOO_MANY_REQUESTS) when a person has generated as many personal tokens in the last hour as they may.
 * Deleted ones count, too, since events outlive them. Exact only while the row of the person is locked.
 */
export async function requireGenerationRate(em: EntityManager, userId: string, now: Date): Promise<void> {
  const generated = await kysely(em)
    .selectFrom('activity_event')
    .select('at')
    .where('namespace_id', '=', userId)
    .where('id', '>=', leastIdAt('evt', new Date(now.getTime() - hourMs + 1)))
    .where('action', '=', 'access_token.create')
    .orderBy('id', 'desc')
    .limit(maxGeneratedInAnHour)
    .execute()
  const first = generated[maxGeneratedInAnHour - 1]
  if (first === undefined) return
  const seconds = Math.ceil((new Date(first.at).getTime() + hourMs - now.getTime()) / 1000)
  throw new Denied(
    'TOO_MANY_REQUESTS',
    `You have generated ${maxGeneratedInAnHour} personal tokens within an hour. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, or use one of those.`,
    { seconds, limits: [rateOf(seconds)] },
  )
}
