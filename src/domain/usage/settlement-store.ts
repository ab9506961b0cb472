import { type RawBuilder, sql } from 'kysely'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import {
  anonymousLedger,
  areEqual,
  columnsOf,
  notificationLevel,
  type PullLedger,
  slotEnd,
  storeSlots,
  subjectLedger,
  usedPulls,
  type WindowSlots,
  windowSlots,
} from '../sql/pull-ledger.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** Requests for manifests of one repository that a registry has reported, all of one client. */
export interface ReportedRequests {
  readonly repository: string
  readonly network: string
  /** The family of the client. */
  readonly client: string
  /** When, by the registry's clock. */
  readonly at: Date
  /** The window of that moment, and that of the oldest grant that may still be in use. */
  readonly startsAt: Date
  readonly previousStartsAt: Date
  /** From the beginning of the window. */
  readonly seconds: number
  readonly requests: number
}

export interface OfSubject {
  readonly namespaceId: string
  readonly subjectId: string
}

interface Told {
  readonly namespace_id: string
  readonly subject_id: string
  readonly starts_at: Date
}

// Clocks of registries and of instances differ by less.
const clockSkewSeconds = 60

/**
 * Records that registries report, at most once a minute, and locks what the reports change: tokens, then windows, in
 * the order of their keys, as grants do. The result is the subjects that still exist. What follows in the transaction
 * then sees every reservation from before the lock.
 */
export const lockReportedWindows = statement(
  (db, value: ValueOf<{ readonly at: Date; readonly told: readonly Told[] }>) =>
    sql<OfSubject>`
    with report as (
      update deployment set last_registry_event_at = ${value('at')} where id = (
        select id from deployment where id = 1
          and (last_registry_event_at is null
            or last_registry_event_at < ${value('at')}::timestamptz - interval '1 minute')
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

/** The parts that differ between the two ledgers, and between a pull and a mere look at a manifest. */
interface Parts {
  readonly ledger: PullLedger
  readonly value: ValueOf<ReportedRequests>
  /** The values of the key except `starts_at`, in its order. */
  readonly owner: ReadonlyArray<readonly [column: string, value: RawBuilder<string>]>
}

/**
 * The open reservations that the requests came of: those of the same client first. Behind a proxy, the registry sees
 * another address than Postern, so any other of the repository is next.
 */
function candidates({ ledger, value, owner }: Parts, condition: RawBuilder<boolean>): RawBuilder<unknown> {
  const ofOwner = owner.map(([column, of]) => sql`and ${sql.ref(`r.${column}`)} = ${of}`)
  const skew = sql`make_interval(secs => ${sql.lit(clockSkewSeconds)})`
  return sql`
    select ${columnsOf([...ledger.key, ...ledger.client], 'r')}, r.expires_at, r.is_checked
    from ${sql.table(ledger.reservations)} r
    where r.repository = ${value('repository')} ${sql.join(ofOwner, sql` `)}
      and r.starts_at in (${value('startsAt')}, ${value('previousStartsAt')})
      and r.expires_at > ${value('at')}::timestamptz - ${skew} and r.made_at <= ${value('at')}::timestamptz + ${skew}
      and ${condition}
    order by r.network = ${value('network')}::cidr desc, r.client = ${value('client')} desc,
      r.expires_at > ${value('at')}::timestamptz desc, r.expires_at
    limit ${value('requests')}`
}

/** The counters of a row without the reservations in `closed (starts_at, expires_at, is_checked)`. */
function withoutClosed(slots: WindowSlots, kind: keyof WindowSlots): RawBuilder<number>[] {
  const { counts, start } = slots[kind]
  const isChecked = kind === 'checked' ? sql`c.is_checked` : sql`not c.is_checked`
  return counts.map(
    (each, index) => sql<number>`greatest(0, ${each} - (
      select count(*)::int from closed c where c.starts_at = w.starts_at and ${isChecked}
        and c.expires_at = ${slotEnd('w', kind, start, index)}
    ))`,
  )
}

function settlePulls(parts: Parts, notices: RawBuilder<unknown> | null): RawBuilder<never> {
  const { ledger, value, owner } = parts
  const slots = windowSlots('w', sql.ref('excluded.reservation_slot'))
  const columns = [...owner.map(([column]) => column), 'starts_at']
  const change = { reserved: withoutClosed(slots, 'reserved'), checked: withoutClosed(slots, 'checked') }
  const windows = sql.table(ledger.windows)
  return sql<never>`
    with open as materialized (${candidates(parts, sql`true`)}), closed as (
      delete from ${sql.table(ledger.reservations)} r using open
      where ${areEqual([...ledger.key, ...ledger.client], 'r', 'open')}
      returning r.starts_at, r.expires_at, r.is_checked
    )
    insert into ${windows} as w (${columnsOf(columns)}, pulls, reservation_slot, checked_slot
      ${notices === null ? sql`` : sql`, is_notice_due`})
    values (${sql.join(owner.map(([, of]) => of))}, ${value('startsAt')}, ${value('requests')},
      ${value('seconds')}, ${value('seconds')} ${notices === null ? sql`` : sql`, true`})
    on conflict (${columnsOf(ledger.key)}) do update set
      pulls = w.pulls + excluded.pulls,
      ${storeSlots('w', slots, change)}
      ${notices === null ? sql`` : sql`, is_notice_due = ${notices}`}`
}

/** Moves the reservations to the slots of those whose client has only looked, where they lapse within seconds. */
function settleChecks(parts: Parts): RawBuilder<never> {
  const { ledger, value, owner } = parts
  const slots = windowSlots('w', value('seconds'))
  const [last, ...others] = slots.checked.counts.toReversed()
  const key = [...ledger.key, ...ledger.client]
  const isWindow = sql`${sql.join(
    owner.map(([column, of]) => sql`${sql.ref(`w.${column}`)} = ${of}`),
    sql` and `,
  )} and w.starts_at = ${value('startsAt')}`
  return sql<never>`
    with open as materialized (${candidates(
      parts,
      sql`r.client = ${value('client')} and not r.is_checked and r.starts_at = ${value('startsAt')}`,
    )}), closed as (
      select starts_at, expires_at, is_checked from open
    ), moved as (
      update ${sql.table(ledger.reservations)} r
      set is_checked = true, expires_at = ${slotEnd('w', 'checked', slots.checked.start, 1)}
      from open, ${sql.table(ledger.windows)} w
      where ${areEqual(key, 'r', 'open')} and ${isWindow}
    )
    update ${sql.table(ledger.windows)} w set
      ${storeSlots('w', slots, {
        reserved: withoutClosed(slots, 'reserved'),
        checked: [...others.toReversed(), sql<number>`${last} + (select count(*)::int from closed)`],
      })}
    where ${isWindow} and exists (select from closed)`
}

const ofSubject = (value: ValueOf<OfSubject>): Parts['owner'] => [
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

const ofNetwork = (value: ValueOf<OfNetwork>): Parts['owner'] => [['network', sql`${value('owner')}::cidr`]]

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
