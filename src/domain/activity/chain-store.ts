import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { ChainedEvent } from './chained-event.ts'

/** A namespace, with the head of its chain, and the checkpoint that the chain begins after. Both can be missing. */
export interface Chain {
  readonly namespaceId: string
  readonly name: string
  readonly head: ChainPoint | null
  readonly checkpoint: ChainPoint | null
}

/** A place in a chain. */
export interface ChainPoint {
  readonly position: number
  readonly hash: Buffer
}

const rowsPerFetch = 1_000

/** Every namespace, by id, as the transaction that `em` is in sees them. */
export async function* listChains(em: EntityManager): AsyncGenerator<Chain> {
  const rows = readRows<{
    namespace_id: string
    name: string
    position: string | null
    hash: Buffer | null
    from_position: string | null
    from_hash: Buffer | null
  }>(
    em,
    'chains',
    sql`select n.id as namespace_id, n.name, c.position, c.hash, k.position as from_position, k.hash as from_hash
      from namespace n left join activity_chain c on c.namespace_id = n.id
        left join activity_checkpoint k on k.namespace_id = n.id
      order by n.id`,
  )
  for await (const row of rows)
    yield {
      namespaceId: row.namespace_id,
      name: row.name,
      head: toPoint(row.position, row.hash),
      checkpoint: toPoint(row.from_position, row.from_hash),
    }
}

function toPoint(position: string | null, hash: Buffer | null): ChainPoint | null {
  return position === null || hash === null ? null : { position: Number(position), hash }
}

/** Every event of every namespace, by namespace and position, as the transaction that `em` is in sees them. */
export async function* listChainedEvents(em: EntityManager): AsyncGenerator<ChainedEvent> {
  const rows = readRows<Omit<ChainedEvent, 'position'> & { position: string }>(
    em,
    'events',
    sql`select namespace_id as "namespaceId", position, id, at, action, actor_kind as "actorKind",
        actor_id as "actorId", actor_name as "actorName", token_id as "tokenId", token_label as "tokenLabel", target,
        ip_address::text as "ipAddress", user_agent as "userAgent", request_id as "requestId", data::text as data, hash
      from activity_event order by namespace_id, position, id`,
  )
  for await (const row of rows) yield { ...row, position: Number(row.position) }
}

/** Reads through a cursor, so that neither side holds all rows. */
async function* readRows<Row>(em: EntityManager, cursor: string, query: RawBuilder<unknown>): AsyncGenerator<Row> {
  const db = em.getKysely()
  await sql`declare ${sql.id(cursor)} no scroll cursor for ${query}`.execute(db)
  const fetch = sql<Row>`fetch ${sql.lit(rowsPerFetch)} from ${sql.id(cursor)}`
  for (let rows = await fetch.execute(db); rows.rows.length > 0; rows = await fetch.execute(db)) yield* rows.rows
}

/** Removes the time limit of statements in the transaction that `em` is in. */
export async function updateStatementTimeoutToNone(em: EntityManager): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(em.getKysely())
}
