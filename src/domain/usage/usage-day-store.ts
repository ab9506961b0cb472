import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { batch } from '../sql/batch.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** Pulls from a repository and pushes to it, at one moment. */
export interface UsageEntry {
  /** Whose the repository is. */
  readonly namespaceId: string
  readonly at: Date
  /** The full name, such as `acme/api`. */
  readonly repository: string
  /** The token that was used, with its label at that moment. Null: no token, or unknown. */
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  /** The person who did it, also with a personal token. Null: no person, or unknown. */
  readonly userId: string | null
  readonly ipAddress: string | null
  readonly pulls: number
  readonly pushes: number
}

interface UsageRow {
  readonly namespace_id: string
  readonly day: string
  readonly repository: string
  readonly token_id: string | null
  readonly user_id: string | null
  readonly ip_address: string | null
  readonly token_label: string | null
  readonly pulls: number
  readonly pushes: number
}

// Rows are locked in the order of their key, so that instances cannot deadlock.
const upsert = statement((db, value: ValueOf<{ readonly rows: readonly UsageRow[] }>) =>
  sql<never>`
    insert into usage_day as d
      (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes)
    select u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address,
      (array_agg(u.token_label order by u.position desc) filter (where u.token_label is not null))[1],
      sum(u.pulls), sum(u.pushes)
    from ${batch(value, 'rows', 'u', {
      namespace_id: 'text',
      day: 'date',
      repository: 'text',
      token_id: 'text',
      user_id: 'text',
      ip_address: 'inet',
      token_label: 'text',
      pulls: 'int',
      pushes: 'int',
    })}
    join namespace n on n.id = u.namespace_id
    group by u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address
    order by u.namespace_id collate "C", u.day, u.repository collate "C",
      u.token_id collate "C", u.user_id collate "C", u.ip_address
    on conflict (namespace_id, day, repository, token_id, user_id, ip_address) do update set
      pulls = d.pulls + excluded.pulls,
      pushes = d.pushes + excluded.pushes,
      token_label = coalesce(excluded.token_label, d.token_label)`.compile(db),
)

/**
 * Adds to the usage of each day (UTC), repository, token, person and address, in the transaction that `em` is in.
 * Entries of deleted namespaces are left out.
 */
export async function insertUsage(em: EntityManager, entries: readonly UsageEntry[]): Promise<void> {
  if (entries.length === 0) return
  await upsert(em, {
    rows: entries.map(({ namespaceId, at, repository, tokenId, tokenLabel, userId, ipAddress, pulls, pushes }) => ({
      namespace_id: namespaceId,
      day: at.toISOString().slice(0, 10),
      repository,
      token_id: tokenId,
      user_id: userId,
      ip_address: ipAddress,
      token_label: tokenLabel,
      pulls,
      pushes,
    })),
  })
}

/** A month of `usage_day`: the name of its partition, its first day, and the first day of the next. */
export interface UsageMonth {
  readonly name: string
  readonly first: string
  readonly next: string
}

/** Whether a month has a partition. */
export async function findUsagePartition(em: EntityManager, { name }: UsageMonth): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass(${name}) is not null as exists`.execute(
    em.getKysely(),
  )
  return rows[0]?.exists === true
}

/** Prevents, until the transaction ends, that another instance adds a partition, or writes to a day without one. */
export async function lockUsagePartitions(em: EntityManager): Promise<void> {
  const db = em.getKysely()
  // Less than the second after which PostgreSQL looks for deadlocks, so that the deletion of an organization does not
  // fail.
  await sql`set local lock_timeout = '500ms'`.execute(db)
  // Rows are routed to a partition before they wait for its lock, and would then violate its constraint. So they wait
  // here.
  await sql`lock table only usage_day in share row exclusive mode`.execute(db)
  await sql`lock table usage_day_rest in access exclusive mode`.execute(db)
}

/** Adds the partition of a month, and moves its rows there. The partitions have to be locked. */
export async function insertUsagePartition(em: EntityManager, { name, first, next }: UsageMonth): Promise<void> {
  const db = em.getKysely()
  const month = sql.table(name)
  await sql`create table ${month} (like usage_day including all) with (fillfactor = 90)`.execute(db)
  await sql`
    with moved as (delete from usage_day_rest where day >= ${first} and day < ${next} returning *)
    insert into ${month} select * from moved`.execute(db)
  await sql`
    alter table usage_day attach partition ${month} for values from (${sql.lit(first)}) to (${sql.lit(next)})`.execute(
    db,
  )
}
