import { type RawBuilder, sql } from 'kysely'

/*
 * What counts as used of a window, as SQL: the pulls that registries have told of, and the grants that they may still tell of
 * (docs/decisions/0026). Grants are reservations of generations: those of the newest that the row has seen, and those from
 * before it. While registries do tell, a reservation that is older than the generation before this one has lapsed.
 */

// A grant is good for 60 seconds and another 60 of leeway, and the registry tells of a pull soon after it.
const generationSeconds = 180

// Longer than a quiet night.
const tellingHours = 24

/** The generation of a moment. */
export function generationAt(moment: Date): number {
  return Math.floor(moment.getTime() / 1000 / generationSeconds)
}

/** Registries that have told of nothing since then are taken to tell nothing at all. */
export function tellingSince(now: Date): Date {
  return new Date(now.getTime() - tellingHours * 60 * 60 * 1000)
}

/** Whether any registry has told of a pull since then. */
export function registriesTell(since: RawBuilder<Date>): RawBuilder<boolean> {
  return sql`exists (select from deployment where id = 1 and told_at > ${since})`
}

/** The open reservations of a row of `usage_window`, seen from a generation: those made in it, and those from before it. */
export interface Reservations {
  readonly current: RawBuilder<number>
  readonly before: RawBuilder<number>
}

/** Reads the row `window` as of `generation`; the clock of another instance may be ahead, then it is the row's. */
export function reservationsOf(
  window: string,
  generation: RawBuilder<number>,
  isLapsing: RawBuilder<boolean>,
): Reservations {
  const column = (name: string) => sql.ref(`${window}.${name}`)
  const [reserved, before, made] = [column('reserved'), column('reserved_before'), column('generation')]
  return {
    current: sql`case when ${generation} <= ${made} then ${reserved} else 0 end`,
    before: sql`case
      when ${generation} <= ${made} then ${before}
      when not ${isLapsing} then ${reserved} + ${before}
      when ${generation} = ${made} + 1 then ${reserved}
      else 0 end`,
  }
}

/** All that is used of the row `window`. */
export function usedPulls(window: string, { current, before }: Reservations): RawBuilder<number> {
  return sql`(${sql.ref(`${window}.pulls`)} + ${current} + ${before})`
}

/** At which of its hundredths people are told of a limit when so much is used: 0, 80 or 100; null: there is no limit. */
export function noticeLevel(used: RawBuilder<number>, limit: RawBuilder<number | null>): RawBuilder<number | null> {
  return sql`case when ${limit} is null then null when ${used} >= ${limit} then 100
    when ${used}::bigint * 100 >= ${limit}::bigint * 80 then 80 else 0 end`
}
