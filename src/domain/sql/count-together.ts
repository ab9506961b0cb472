import { sql } from 'kysely'

/** Whether there was room for something under a limit. */
export type Counted = 'COUNTED' | 'LIMIT_REACHED'

/**
 * For the `with` of a statement that counts; it has to be read from. The statement then does not wait until PostgreSQL has it on
 * its disk, which takes longer than all the rest. Were PostgreSQL to crash, what was granted in the last half of a second would not
 * count, until registries tell of it.
 */
export const withoutWaiting = sql`settings as materialized (select set_config('synchronous_commit', 'off', true))`

/**
 * Counts what is wanted, each unless a limit would be exceeded; answers in its order. What has one key is counted together,
 * and one by one only where there is no room for all. `count` counts at most one of each key, as one statement.
 */
export async function countTogether<Wanted extends { readonly pulls: number }, Outcome extends string>(
  wanted: readonly Wanted[],
  keyOf: (wanted: Wanted) => string,
  count: (wanted: readonly Wanted[]) => Promise<ReadonlyArray<Outcome | Counted>>,
): Promise<Array<Outcome | Counted>> {
  const together = [...Map.groupBy(wanted, keyOf).values()]
  const outcomes = new Map<Wanted, Outcome | Counted>()
  const counted = await count(together.flatMap(sumOf))
  for (const [index, each] of together.entries()) {
    const outcome = counted[index]
    if (outcome === 'LIMIT_REACHED' && each.length > 1) await countOneByOne(each, count, outcomes)
    else if (outcome !== undefined) for (const one of each) outcomes.set(one, outcome)
  }
  return wanted.map((each) => outcomes.get(each) ?? 'LIMIT_REACHED')
}

async function countOneByOne<Wanted extends { readonly pulls: number }, Outcome extends string>(
  wanted: readonly Wanted[],
  count: (wanted: readonly Wanted[]) => Promise<ReadonlyArray<Outcome | Counted>>,
  into: Map<Wanted, Outcome | Counted>,
): Promise<void> {
  let tooMany = Number.POSITIVE_INFINITY
  for (const each of wanted) {
    const [outcome = 'LIMIT_REACHED'] = each.pulls >= tooMany ? [] : await count([each])
    if (outcome === 'LIMIT_REACHED') tooMany = Math.min(tooMany, each.pulls)
    into.set(each, outcome)
  }
}

function sumOf<Wanted extends { readonly pulls: number }>(each: readonly Wanted[]): Wanted[] {
  const [first] = each
  return first === undefined ? [] : [{ ...first, pulls: each.reduce((sum, { pulls }) => sum + pulls, 0) }]
}
