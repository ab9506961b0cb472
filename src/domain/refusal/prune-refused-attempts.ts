import type { EntityManager } from '@mikro-orm/postgresql'
import { RefusedAttempt } from '../model/refused-attempt.ts'

const keptMs = 30 * 24 * 60 * 60 * 1000

/** Forgets refusals that are a month old. */
export async function pruneRefusedAttempts(em: EntityManager, now: Date): Promise<void> {
  await em.nativeDelete(RefusedAttempt, { lastAt: { $lt: new Date(now.getTime() - keptMs) } })
}
