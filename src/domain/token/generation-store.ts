import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { ActivityAction } from '../model/activity-action.ts'
import { leastIdAt } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { kysely } from '../sql/tables.ts'

/** What adds to the personal tokens that a person has generated. */
const generations: readonly ActivityAction[] = ['access_token.create', 'user.device_sign_in']

/** A personal token that was generated, by a person or a device. */
export interface GenerationRow {
  readonly at: Timestamp
  /** Devices that are approved, and have not come for their token yet. */
  readonly approvedDevices: number
}

/**
 * The newest tokens that a person generated since a moment, newest first. Deleted ones count, since events outlive
 * them.
 */
export function listGenerations(
  em: EntityManager,
  { userId, since, now, limit }: { userId: string; since: Date; now: Date; limit: number },
): Promise<GenerationRow[]> {
  return kysely(em)
    .selectFrom('activity_event')
    .select(['at', approvedDevices(userId, now).as('approvedDevices')])
    .where('namespace_id', '=', userId)
    .where('id', '>=', leastIdAt('evt', since))
    .where('action', 'in', generations)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

function approvedDevices(userId: string, now: Date) {
  return sql<number>`(
    select count(*)::int from device_request r join session s on s.id = r.session_id
    where s.user_id = ${userId} and r.expires_at > ${now}::timestamptz
  )`
}
