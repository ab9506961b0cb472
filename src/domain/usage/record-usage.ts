import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'

/** Pulls from a repository, and pushes to it, at one moment. */
export interface UsageEntry {
  /** Whose the repository is. */
  readonly namespaceId: string
  readonly at: Date
  /** Its full name: `acme/api`. */
  readonly repository: string
  /** The token it was done with, and its label at that moment; null: none, or not known. */
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  /** The person who did it, also with a personal token; null: nobody in particular. */
  readonly userId: string | null
  readonly ipAddress: string | null
  readonly pulls: number
  readonly pushes: number
}

type Values = Readonly<Record<keyof UsageEntry, ReadonlyArray<string | number | null>>>

// Rows are locked in the order of their key, so that instances that write at once cannot deadlock.
const upsert = statement((db, value: ValueOf<Values>) =>
  sql<never>`
    insert into usage_day as d
      (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes)
    select u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address,
      (array_agg(u.token_label order by u.position desc) filter (where u.token_label is not null))[1], sum(u.pulls), sum(u.pushes)
    from unnest(
      ${value('namespaceId')}::text[], ${value('at')}::date[], ${value('repository')}::text[],
      ${value('tokenId')}::text[], ${value('userId')}::text[], ${value('ipAddress')}::inet[],
      ${value('tokenLabel')}::text[], ${value('pulls')}::int[], ${value('pushes')}::int[]
    ) with ordinality
      as u (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes, position)
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
 * Adds to what reports are made of: one row for each day (UTC), repository, token, person and address, in the transaction that
 * `em` is in. What belongs to a namespace that is gone is left out.
 */
export async function recordUsage(em: EntityManager, rows: readonly UsageEntry[]): Promise<void> {
  if (rows.length === 0) return
  await upsert(em, {
    namespaceId: rows.map(({ namespaceId }) => namespaceId),
    at: rows.map(({ at }) => at.toISOString().slice(0, 10)),
    repository: rows.map(({ repository }) => repository),
    tokenId: rows.map(({ tokenId }) => tokenId),
    tokenLabel: rows.map(({ tokenLabel }) => tokenLabel),
    userId: rows.map(({ userId }) => userId),
    ipAddress: rows.map(({ ipAddress }) => ipAddress),
    pulls: rows.map(({ pulls }) => pulls),
    pushes: rows.map(({ pushes }) => pushes),
  })
}
