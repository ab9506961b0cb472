import { type RawBuilder, sql } from 'kysely'
import { notificationLevels } from '../model/usage-tables.ts'
import { arrayOf, sumOf, type TimeSlots, timeSlots } from './time-slots.ts'

/*
 * How pulls are counted against limits (docs/decisions/0039), as SQL. A window has the reported pulls, and counters of
 * the reservations that may still become some. Counters are slots of time, so that reservations lapse without a write.
 * What decides is always an expression on the locked row of the window.
 */

/** Where pulls are counted: windows, and the open reservations in them. */
export interface PullLedger {
  readonly windows: string
  readonly reservations: string
  /** The key of a window, with its SQL types. The key of a reservation is the same with `client` after it. */
  readonly key: readonly string[]
  readonly client: readonly string[]
}

/** Of tokens of organizations, and of people. */
export const subjectLedger: PullLedger = {
  windows: 'usage_window',
  reservations: 'pull_reservation',
  key: ['namespace_id', 'subject_id', 'starts_at'],
  client: ['repository', 'network', 'client'],
}

/** Of anonymous clients, by network. */
export const anonymousLedger: PullLedger = {
  windows: 'anonymous_usage_window',
  reservations: 'anonymous_pull_reservation',
  key: ['starts_at', 'network'],
  client: ['repository', 'client'],
}

/** A reservation is open for four slots and the rest of the one in which it begins. */
export const slotsPerGrant = 4

// A client that pulls after it has looked at the manifest does so at once. It may ask for another grant in between.
const checkedSlotSeconds = 5

/** Names of columns, of a table if one is given. */
export function columnsOf(names: readonly string[], table?: string): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(table === undefined ? name : `${table}.${name}`)))
}

/** Whether two tables have the same values in these columns. */
export function areEqual(names: readonly string[], one: string, other: string): RawBuilder<boolean> {
  return sql`(${columnsOf(names, one)}) = (${columnsOf(names, other)})`
}

/** The row of a window, as of so many seconds after its beginning. */
export interface WindowSlots {
  readonly reserved: TimeSlots
  /** Slots of `checkedSlotSeconds`. */
  readonly checked: TimeSlots
}

export function windowSlots(window: string, at: RawBuilder<number>): WindowSlots {
  const column = (name: string) => sql.ref<number>(`${window}.${name}`)
  return {
    reserved: timeSlots(
      { counts: column('reserved'), start: column('reservation_slot'), length: column('slot_seconds'), size: 5 },
      at,
    ),
    checked: timeSlots(
      { counts: column('checked'), start: column('checked_slot'), length: sql.lit(checkedSlotSeconds), size: 2 },
      at,
    ),
  }
}

/** When the slot at an index, from 0, ends: as a moment, if the slots of the window begin at `start`. */
export function slotEnd(
  window: string,
  kind: keyof WindowSlots,
  start: RawBuilder<number>,
  index: number,
): RawBuilder<Date> {
  const length = kind === 'checked' ? sql.lit(checkedSlotSeconds) : sql.ref(`${window}.slot_seconds`)
  return sql`(${sql.ref(`${window}.starts_at`)} + make_interval(secs => ${start} + ${sql.lit(index + 1)} * ${length}))`
}

/** The assignments that store the counters of a window as of a moment, with the open ones changed. */
export function storeSlots(
  window: string,
  { reserved, checked }: WindowSlots,
  change: { reserved?: readonly RawBuilder<number>[]; checked?: readonly RawBuilder<number>[] },
): RawBuilder<unknown> {
  return sql`
    reserved = ${arrayOf(change.reserved ?? reserved.counts)},
    reservation_slot = ${reserved.start},
    unreported = ${sql.ref(`${window}.unreported`)} + ${reserved.ended},
    checked = ${arrayOf(change.checked ?? checked.counts)},
    checked_slot = ${checked.start}`
}

/**
 * What a window has used: pulls, open reservations, and the lapsed ones while no registry reports. Clients that have
 * only looked at a manifest have used nothing.
 */
export function usedPulls(
  window: string,
  { reserved }: WindowSlots,
  registriesReport: RawBuilder<boolean>,
): RawBuilder<number> {
  const column = (name: string) => sql.ref(`${window}.${name}`)
  return sql`(${column('pulls')} + ${sumOf(reserved.counts)}
    + case when ${registriesReport} then 0 else ${column('unreported')} + ${reserved.ended} end)`
}

/** Whether any registry has reported something since then. */
export function hasRecentReports(since: RawBuilder<Date>): RawBuilder<boolean> {
  return sql`exists (select from deployment where id = 1 and last_registry_event_at > ${since})`
}

/** The highest notification level that is reached, or 0. Null: there is no limit. */
export function notificationLevel(
  used: RawBuilder<number>,
  limit: RawBuilder<number | null>,
): RawBuilder<number | null> {
  const levels = notificationLevels
    .toReversed()
    .map((level) => sql`when ${used}::bigint * 100 >= ${limit}::bigint * ${sql.lit(level)} then ${sql.lit(level)}`)
  return sql`case when ${limit} is null then null ${sql.join(levels, sql` `)} else 0 end`
}
