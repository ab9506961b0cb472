import type { EntityManager } from '@mikro-orm/postgresql'
import type { RequestContext } from '../policy/request-context.ts'
import { hourMs, hourSeconds } from '../shared/duration.ts'
import { Denied } from '../shared/errors.ts'
import { listGenerations } from './generation-store.ts'

/**
 * Throws `Denied` (TOO_MANY_REQUESTS) if a person has generated as many personal tokens in the last hour as they may. A
 * device counts from its approval on. Exact only while the person is locked.
 */
export async function requireGenerationRate(
  { now, settings }: Pick<RequestContext, 'now' | 'settings'>,
  em: EntityManager,
  userId: string,
): Promise<void> {
  const quota = settings.hourlyRates.personalTokens
  const since = new Date(now.getTime() - hourMs + 1)
  const { times, approvedDevices } = await listGenerations(em, { userId, since, now, limit: quota })
  const place = quota - 1 - approvedDevices
  // An approved device counts for an hour from its token on.
  const first = place < 0 ? now : times[place]
  if (first === undefined) return
  const seconds = Math.ceil((new Date(first).getTime() + hourMs - now.getTime()) / 1000)
  throw new Denied(
    'TOO_MANY_REQUESTS',
    `You have generated ${quota} personal tokens within an hour; devices count, too. ` +
      `Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, or use one of those.`,
    {
      seconds,
      limits: [
        {
          name: 'personal-tokens',
          quota,
          windowSeconds: hourSeconds,
          remaining: 0,
          resetSeconds: seconds,
        },
      ],
    },
  )
}
