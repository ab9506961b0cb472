import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

export interface ExpiringToken {
  readonly namespaceId: string
  readonly id: string
  readonly label: string
  readonly expiresAt: Timestamp
}

/** The maximum number of tokens that `findUnannouncedExpiries` returns. */
export const expiryBatchSize = 500

const selectUnannounced = statement((db, value: ValueOf<{ from: Timestamp; to: Timestamp; days: number }>) =>
  sql<ExpiringToken>`
    select t.namespace_id as "namespaceId", t.id, t.label, t.expires_at as "expiresAt"
    from access_token t
    where t.expires_at > ${value('from')}::timestamptz and t.expires_at <= ${value('to')}::timestamptz
      and t.deactivated_at is null and t.session_id is null
      and t.created_at < t.expires_at - make_interval(days => ${value('days')}::int)
      and not exists (
        select from notice n
        where n.namespace_id = t.namespace_id and n.occasion = 'expiry:' || t.id || ':' || ${value('days')}::int || 'd'
      )
    order by t.expires_at, t.id limit ${sql.lit(expiryBatchSize)}`.compile(db),
)

/**
 * Active tokens that expire in this period, without those whose expiry has been announced for this number of days,
 * those of devices, and those that were created with less time than that to live.
 */
export function findUnannouncedExpiries(
  em: EntityManager,
  period: { readonly from: Date; readonly to: Date },
  days: number,
): Promise<ExpiringToken[]> {
  return selectUnannounced(em, { from: period.from.toISOString(), to: period.to.toISOString(), days })
}

/** The occasion of an announcement: the expiry of a token never changes, so its id is enough. */
export function expiryOccasion(tokenId: string, days: number): string {
  return `expiry:${tokenId}:${days}d`
}
