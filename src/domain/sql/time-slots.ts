import { type RawBuilder, sql } from 'kysely'

/** Counters by time slot, seen at a moment. */
export interface TimeSlots {
  /** The slots that are open then, the next to end first. */
  readonly counts: readonly RawBuilder<number>[]
  /** When the first of them began. */
  readonly start: RawBuilder<number>
  /** What was in slots that have ended. */
  readonly ended: RawBuilder<number>
}

/** Where such counters are stored. All times are whole seconds. */
export interface StoredSlots {
  /** An array with the counters of consecutive slots. The first slot is the current one. */
  readonly counts: RawBuilder<unknown>
  /** When the first slot begins. */
  readonly start: RawBuilder<number>
  readonly length: RawBuilder<number>
  readonly size: number
}

/**
 * Reads counters as of `at`. If `at` is before the first slot, because another instance's clock is ahead, the row is
 * read as it is. All is an expression on the row, so within an update it reads the row that is locked.
 */
export function timeSlots({ counts, start, length, size }: StoredSlots, at: RawBuilder<number>): TimeSlots {
  const passed = sql<number>`greatest(0, (${at} - ${start}) / ${length})`
  const element = (index: number) => sql<number>`coalesce((${counts})[${passed} + ${sql.lit(index)}], 0)`
  const stored = (index: number) => sql<number>`(${counts})[${sql.lit(index)}]`
  const indexes = Array.from({ length: size }, (_, index) => index + 1)
  const open = indexes.map(element)
  return {
    counts: open,
    start: sql`(${start} + ${passed} * ${length})`,
    ended: sql`(${sumOf(indexes.map(stored))} - ${sumOf(open)})`,
  }
}

/** The sum of counters. */
export function sumOf(counts: readonly RawBuilder<number>[]): RawBuilder<number> {
  return sql`(${sql.join(counts, sql` + `)})`
}

/** The array of counters. */
export function arrayOf(counts: readonly RawBuilder<number>[]): RawBuilder<unknown> {
  return sql`array[${sql.join(counts)}]`
}
