import { sql } from 'kysely'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import { anonymousLedger, notificationLevel, subjectLedger, usedPulls, windowSlots } from '../sql/pull-ledger.ts'
import {
  candidates,
  type ReportedRequests,
  type SettlementParts,
  settleChecks,
  settlePulls,
} from '../sql/pull-settlement.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

export interface OfSubject {
  readonly namespaceId: string
  readonly subjectId: string
}

interface ReportedWindow {
  readonly namespace_id: string
  readonly subject_id: string
  readonly starts_at: Date
}

/**
 * Records that registries report, at most once a minute, and locks what the reports change: tokens, then windows, in
 * the order of their keys, as grants do. The result is the subjects that still exist. What follows in the transaction
 * then sees every reservation from before the lock.
 */
export const lockReportedWindows = statement(
  (db, value: ValueOf<{ readonly at: Date; readonly told: readonly ReportedWindow[] }>) =>
    sql<OfSubject>`
    with report as (
      update deployment set last_registry_event_at = ${value('at')} where id = (
        select id from deployment where id = 1 and (
          last_registry_event_at is null
          or last_registry_event_at < ${value('at')}::timestamptz - interval '1 minute'
        )
        for update skip locked
      )
    ), told as (
      select * from ${batch(value, 'told', 'u', { namespace_id: 'text', subject_id: 'text', starts_at: 'timestamptz' })}
    ), ${livingTokens('tokens', 'told', 'subject_id')}, alive as materialized (
      select namespace_id, id from tokens
      union select n.id, n.id from namespace n where n.id in (select subject_id from told)
    ), windows as materialized (
      select 1 from usage_window
      where (select count(*) from alive) > 0
        and (namespace_id, subject_id, starts_at) in (select namespace_id, subject_id, starts_at from told)
      order by namespace_id, subject_id, starts_at for update
    )
    select namespace_id as "namespaceId", id as "subjectId"
    from alive, (select count(*) from windows) as locked`.compile(db),
)

const ofSubject = (value: ValueOf<OfSubject>): SettlementParts['owner'] => [
  ['namespace_id', value('namespaceId')],
  ['subject_id', value('subjectId')],
]

/** Counts pulls of a subject, each in place of the reservation that it came of. */
export const insertReportedPulls = statement((db, value: ValueOf<ReportedRequests & OfSubject>) => {
  const used = sql<number>`(${usedPulls('w', windowSlots('w', sql.ref('excluded.reservation_slot')), sql`true`)}
    - (select count(*)::int from closed where not is_checked) + excluded.pulls)`
  return settlePulls(
    { ledger: subjectLedger, value, owner: ofSubject(value) },
    sql`w.is_notice_due or not w.limit_known
      or coalesce(${notificationLevel(used, sql.ref('w.pull_limit'))} > w.notified_percent, false)`,
  ).compile(db)
})

/** Lets the reservations of clients of a subject lapse that have only looked at a manifest. */
export const updateCheckedReservations = statement((db, value: ValueOf<ReportedRequests & OfSubject>) =>
  settleChecks({ ledger: subjectLedger, value, owner: ofSubject(value) }).compile(db),
)

interface OfNetwork {
  /** Whose pulls these are: the network that has the reservation. */
  readonly owner: string
}

const ofNetwork = (value: ValueOf<OfNetwork>): SettlementParts['owner'] => [['network', sql`${value('owner')}::cidr`]]

/**
 * The network whose reservation the request of an anonymous client came of: the same network, or any other with a
 * reservation of the repository, or else the reported one. Its window is locked.
 */
export const lockAnonymousWindow = statement((db, value: ValueOf<ReportedRequests>) =>
  sql<{ network: string }>`
    with open as materialized (${candidates({ ledger: anonymousLedger, value, owner: [] }, sql`true`)}
    ), owner as materialized (
      select coalesce((select network from open limit 1), ${value('network')}::cidr) as network
    ), locked as materialized (
      select 1 from anonymous_usage_window
      where starts_at = ${value('startsAt')} and network = (select network from owner) for update
    )
    select owner.network::text as network from owner, (select count(*) from locked) as windows`.compile(db),
)

/** Counts pulls of anonymous clients, each in place of the reservation that it came of. */
export const insertReportedAnonymousPulls = statement((db, value: ValueOf<ReportedRequests & OfNetwork>) =>
  settlePulls({ ledger: anonymousLedger, value, owner: ofNetwork(value) }, null).compile(db),
)

/** Lets reservations of anonymous clients lapse that have only looked at a manifest. */
export const updateCheckedAnonymousReservations = statement((db, value: ValueOf<ReportedRequests & OfNetwork>) =>
  settleChecks({ ledger: anonymousLedger, value, owner: ofNetwork(value) }).compile(db),
)
