import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { clientNetwork } from '../shared/client-network.ts'
import { type Counted, countTogether, withoutWaiting } from '../sql/count-together.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { usageWindowAt } from './usage-limit.ts'

/** Pulls that somebody wants to make who has not logged in. */
export interface WantedAnonymousPulls {
  /** From where; null: not known, and then together with all others of whom it is not. */
  readonly ipAddress: string | null
  readonly at: Date
  /** At least one. */
  readonly pulls: number
  /** The most that there may be in a window. */
  readonly limit: number
}

interface Values {
  readonly windowStarts: readonly Date[]
  readonly networks: readonly string[]
  readonly pulls: readonly number[]
  readonly limits: readonly number[]
}

// Decides and counts at once, and locks in the order of the key, as the counting of tokens' pulls does.
const count = statement((db, value: ValueOf<Values>) =>
  sql<{ isCounted: boolean }>`
    with ${withoutWaiting}, wanted as (
      select * from unnest(
        ${value('windowStarts')}::timestamptz[], ${value('networks')}::cidr[], ${value('pulls')}::int[], ${value('limits')}::int[]
      ) with ordinality as u (starts_at, network, pulls, pull_limit, position)
    ), counted as (
      insert into anonymous_usage_window as w (starts_at, network, pulls)
      select u.starts_at, u.network, u.pulls from wanted u where u.pulls <= u.pull_limit order by u.starts_at, u.network
      on conflict (starts_at, network) do update set pulls = w.pulls + excluded.pulls
      where w.pulls + excluded.pulls <= (
        select u.pull_limit from wanted u where u.starts_at = excluded.starts_at and u.network = excluded.network
      )
      returning starts_at, network
    )
    select exists (select from counted c where c.starts_at = u.starts_at and c.network = u.network) as "isCounted"
    from settings, wanted u order by u.position`.compile(db),
)

/** Counts the pulls of each network in their windows, unless the limit would be exceeded; answers in their order. */
export function countAnonymousPulls(em: EntityManager, wanted: readonly WantedAnonymousPulls[]): Promise<Counted[]> {
  return countTogether(
    wanted,
    ({ ipAddress, at }) => `${clientNetwork(ipAddress)} ${usageWindowAt(at).startsAt.getTime()}`,
    async (each) => {
      const rows = await count(em, {
        windowStarts: each.map(({ at }) => usageWindowAt(at).startsAt),
        networks: each.map(({ ipAddress }) => clientNetwork(ipAddress)),
        pulls: each.map(({ pulls }) => pulls),
        limits: each.map(({ limit }) => limit),
      })
      return rows.map(({ isCounted }) => (isCounted ? 'COUNTED' : 'LIMIT_REACHED'))
    },
  )
}
