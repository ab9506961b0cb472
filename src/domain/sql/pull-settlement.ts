import { type RawBuilder, sql } from 'kysely'
import {
  areEqual,
  columnsOf,
  type PullLedger,
  slotEnd,
  storeSlots,
  type WindowSlots,
  windowSlots,
} from './pull-ledger.ts'
import type { ValueOf } from './statement.ts'

/*
 * How reported requests settle reservations (docs/decisions/0039), as SQL for both ledgers.
 */

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

// Clocks of registries and of instances differ by less.
const clockSkewSeconds = 60

/** The parts that differ between the two ledgers, and between a pull and a mere look at a manifest. */
export interface SettlementParts {
  readonly ledger: PullLedger
  readonly value: ValueOf<ReportedRequests>
  /** The values of the key except `starts_at`, in its order. */
  readonly owner: ReadonlyArray<readonly [column: string, value: RawBuilder<string>]>
}

/**
 * The open reservations that the requests came of: those of the same client first. Behind a proxy, the registry sees
 * another address than Postern, so any other of the repository is next.
 */
export function candidates(
  { ledger, value, owner }: SettlementParts,
  condition: RawBuilder<boolean>,
): RawBuilder<unknown> {
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

/** Counts pulls, each in place of a reservation. `notices` sets `is_notice_due`; null: nobody is notified. */
export function settlePulls(parts: SettlementParts, notices: RawBuilder<unknown> | null): RawBuilder<never> {
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
export function settleChecks(parts: SettlementParts): RawBuilder<never> {
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
