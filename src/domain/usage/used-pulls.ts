import { type RawBuilder, sql } from 'kysely'

/*
 * What counts as used of a window, as SQL: the pulls that registries have reported, and the grants that they may still report
 * (docs/decisions/0026). A grant is a reservation, kept by period: those of the newest period that the row has seen, and those of
 * the period before. While registries report pulls, older reservations have lapsed.
 */

// A grant is valid for 60 seconds and another 60 of leeway, and the registry reports a pull soon after it.
const periodSeconds = 180

// Longer than a quiet night.
const tellingHours = 24

/** The reservation period of a moment. */
export function reservationPeriodAt(moment: Date): number {
  return Math.floor(moment.getTime() / 1000 / periodSeconds)
}

/** Registries that have reported nothing since then are assumed to send no notifications. */
export function reportsSince(now: Date): Date {
  return new Date(now.getTime() - tellingHours * 60 * 60 * 1000)
}

/** Whether any registry has reported a pull since then. */
export function hasRecentReports(since: RawBuilder<Date>): RawBuilder<boolean> {
  return sql`exists (select from deployment where id = 1 and last_registry_event_at > ${since})`
}

/** The open reservations of a row of `usage_window`, seen from a period: those made in it, and those from before it. */
export interface Reservations {
  readonly current: RawBuilder<number>
  readonly before: RawBuilder<number>
}

/** Reads the row `window` as of `period`. If the clock of another instance is ahead, the row's period counts. */
export function reservationsOf(
  window: string,
  period: RawBuilder<number>,
  isLapsing: RawBuilder<boolean>,
): Reservations {
  const column = (name: string) => sql.ref(`${window}.${name}`)
  const [reserved, before, made] = [column('reserved'), column('reserved_previous'), column('reservation_period')]
  return {
    current: sql`case when ${period} <= ${made} then ${reserved} else 0 end`,
    before: sql`case
      when ${period} <= ${made} then ${before}
      when not ${isLapsing} then ${reserved} + ${before}
      when ${period} = ${made} + 1 then ${reserved}
      else 0 end`,
  }
}

/** All that is used of the row `window`. */
export function usedPulls(window: string, { current, before }: Reservations): RawBuilder<number> {
  return sql`(${sql.ref(`${window}.pulls`)} + ${current} + ${before})`
}

/** At which of its hundredths people are told of a limit when so much is used: 0, 80 or 100; null: there is no limit. */
export function notificationLevel(
  used: RawBuilder<number>,
  limit: RawBuilder<number | null>,
): RawBuilder<number | null> {
  return sql`case when ${limit} is null then null when ${used} >= ${limit} then 100
    when ${used}::bigint * 100 >= ${limit}::bigint * 80 then 80 else 0 end`
}
