import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { ActivityAction } from '../model/activity-action.ts'
import { leastIdAt } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { kysely, type Tables } from '../sql/tables.ts'

/** What adds to the personal tokens that a person has generated. */
const generations: readonly ActivityAction[] = ['access_token.create', 'user.device_sign_in']

/** The personal tokens that a person or their devices generated. */
export interface Generations {
  /** When, the newest first. */
  readonly times: readonly Timestamp[]
  /** Devices that are approved, and have not come for their token yet. */
  readonly approvedDevices: number
}

/** The newest tokens that a person generated since a moment. Deleted ones count, since events outlive them. */
export async function listGenerations(
  em: EntityManager,
  { userId, since, now, limit }: { userId: string; since: Date; now: Date; limit: number },
): Promise<Generations> {
  const events = (db: Kysely<Tables>) =>
    db
      .selectFrom('activity_event')
      .select('at')
      .where('namespace_id', '=', userId)
      .where('id', '>=', leastIdAt('evt', since))
      .where('action', 'in', generations)
      .orderBy('id', 'desc')
      .limit(limit)
  const db = kysely(em)
  const rows = await db
    .selectFrom(approvedDevices(userId, now).as('d'))
    .leftJoin(events(db).as('e'), (join) => join.onTrue())
    .select(['d.count', 'e.at'])
    .execute()
  return { times: rows.flatMap(({ at }) => at ?? []), approvedDevices: rows[0]?.count ?? 0 }
}

function approvedDevices(userId: string, now: Date) {
  return sql<{ count: number }>`(
    select count(*)::int as count from device_request r join session s on s.id = r.session_id
    where s.user_id = ${userId} and r.expires_at > ${now}::timestamptz
  )`
}
