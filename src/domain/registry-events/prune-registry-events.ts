import type { EntityManager } from '@mikro-orm/postgresql'
import { RegistryEvent } from '../model/repository-tag.ts'

/** For how long a registry may tell of something again: it does until it is answered, or restarted. */
const keptMs = 30 * 24 * 60 * 60 * 1000

/** Forgets which notifications have come, where none will come again. */
export async function pruneRegistryEvents(em: EntityManager, now: Date): Promise<void> {
  await em.nativeDelete(RegistryEvent, { receivedAt: { $lt: new Date(now.getTime() - keptMs) } })
}
