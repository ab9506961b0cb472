import type { EntityManager } from '@mikro-orm/postgresql'
import { hourMs, hourSeconds } from '../shared/duration.ts'
import { Denied } from '../shared/errors.ts'
import { listGenerations } from './generation-store.ts'

/** The maximum number of personal tokens that a person generates in an hour, those of devices included. */
export const maxGeneratedInAnHour = 20

/**
 * Throws `Denied` (TOO_MANY_REQUESTS) if a person has generated as many personal tokens in the last hour as they may. A
 * device counts from its approval on. Exact only while the person is locked.
 */
export async function requireGenerationRate(em: EntityManager, userId: string, now: Date): Promise<void> {
  const since = new Date(now.getTime() - hourMs + 1)
  const generated = await listGenerations(em, { userId, since, now, limit: maxGeneratedInAnHour })
  // A person has fewer devices than tokens in an hour, so without any event there is room.
  const first = generated[maxGeneratedInAnHour - 1 - (generated[0]?.approvedDevices ?? 0)]
  if (first === undefined) return
  const seconds = Math.ceil((new Date(first.at).getTime() + hourMs - now.getTime()) / 1000)
  throw new Denied(
    'TOO_MANY_REQUESTS',
    `You have generated ${maxGeneratedInAnHour} personal tokens within an hour; devices count, too. ` +
      `Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, or use one of those.`,
    {
      seconds,
      limits: [
        {
          name: 'personal-tokens',
          quota: maxGeneratedInAnHour,
          windowSeconds: hourSeconds,
          remaining: 0,
          resetSeconds: seconds,
        },
      ],
    },
  )
}
