import type { EntityManager } from '@mikro-orm/postgresql'
import { Session } from '../model/session.ts'

export async function deleteSession(em: EntityManager, id: string): Promise<void> {
  await em.nativeDelete(Session, { id })
}

export async function deleteOtherSessions(em: EntityManager, userId: string, keptId: string): Promise<void> {
  await em.nativeDelete(Session, { user: userId, id: { $ne: keptId } })
}

export async function deleteExpiredSessions(em: EntityManager, userId: string, now: Date): Promise<void> {
  await em.nativeDelete(Session, { user: userId, expiresAt: { $lte: now } })
}
