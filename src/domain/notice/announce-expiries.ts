import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { type Announcement, announce } from '../journal/announce.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

// Days before a token expires, and until when it is told so: from the next one on, only that is. An expiry itself is told for
// a week, should nothing have been running.
const thresholds = [
  { days: 0, until: -7 },
  { days: 1, until: 0 },
  { days: 7, until: 1 },
  { days: 30, until: 7 },
]

const batchSize = 500
const dayMs = 86_400_000

interface ExpiringToken {
  readonly namespaceId: string
  readonly id: string
  readonly label: string
  readonly expiresAt: Timestamp
}

// A token that was made with less time than that to live is not told of it: whoever made it knows.
const selectUntold = statement((db, value: ValueOf<{ from: Timestamp; to: Timestamp; days: number }>) =>
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
    order by t.expires_at, t.id limit ${sql.lit(batchSize)}`.compile(db),
)

/**
 * Announces the active tokens that expire within 30, 7 and 1 days, and those that have expired, of organizations and of people,
 * each once, whichever instance comes first. Tokens of devices are left out: the device signs in again.
 */
export async function announceExpiries(em: EntityManager, now: Date): Promise<void> {
  const after = (days: number) => new Date(now.getTime() + days * dayMs).toISOString()
  for (const { days, until } of thresholds)
    for (let found = batchSize; found === batchSize; )
      found = await em.fork().transactional(async (each) => {
        const tokens = await selectUntold(each, { from: after(until), to: after(days), days })
        await announce(
          each,
          tokens.map((token) => toAnnouncement(token, days, now)),
        )
        return tokens.length
      })
}

function toAnnouncement({ namespaceId, id, label, expiresAt }: ExpiringToken, days: number, at: Date): Announcement {
  return {
    kind: days === 0 ? 'TOKEN_EXPIRED' : 'TOKEN_EXPIRING',
    namespaceId,
    at,
    token: { id, label },
    data: days === 0 ? { expiresAt } : { expiresAt, days },
    // When it expires cannot be edited, so that the token is enough.
    occasion: `expiry:${id}:${days}d`,
  }
}
