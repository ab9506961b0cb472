import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { graceAfterFirstUseSeconds } from '../token/token-rules.ts'

/** One successful authentication or pull. */
export interface TokenUse {
  readonly namespaceId: string
  readonly tokenId: string
  /** Null: told by a registry, which knows no secret. */
  readonly secretId: string | null
  readonly at: Date
  readonly ipAddress: string | null
  readonly client: string | null
  /** The repository that was asked for, if any. */
  readonly repository: string | null
}

const maxClientLength = 256

/**
 * Writes last uses, batched: a token's uses within a flush interval become one row of one statement, because a write for
 * each request would cost more than all the rest of it. Times never move backwards, whichever instance writes last.
 */
export class LastUseRecorder {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  #pending = new Map<string, TokenUse>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /** Notes a use. A secret's first use ever is written before this returns; the others within the flush interval. */
  async record(use: TokenUse, everUsed: boolean): Promise<void> {
    const noted = this.#pending.get(use.secretId)
    if (noted === undefined || noted.at <= use.at)
      this.#pending.set(use.secretId, use.repository === null && noted ? { ...use, repository: noted.repository } : use)
    if (!everUsed && noted === undefined) return this.flush()
    this.#flushLater()
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => {
      this.flush().catch((error: unknown) => {
        this.#onError(error)
        this.#flushLater()
      })
    }, this.#flushIntervalMs).unref()
  }

  /** Writes what is pending, after any write under way. What could not be written is kept for the next flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const flushed = this.#flushing.then(() => this.#write())
    this.#flushing = flushed.catch(() => {})
    return flushed
  }

  async #write(): Promise<void> {
    const uses = this.#pending
    if (uses.size === 0) return
    this.#pending = new Map()
    try {
      await writeUses(this.#em, [...uses.values()])
    } catch (error) {
      for (const [secretId, use] of uses) if (!this.#pending.has(secretId)) this.#pending.set(secretId, use)
      throw error
    }
  }
}

// Rows are locked in one order, tokens before secrets as a deletion and a rotation do, so that instances that write at once
// cannot deadlock; what has been deleted in the meantime drops out. The newest secret of a token has no end. When it is used
// for the first time, it is in place: the one before it, locked along with it, then ends soon, and never later than it would.
// Each step is materialized: planned as one, thousands of uses come out as a nested loop over each other.
async function writeUses(em: EntityManager, uses: readonly TokenUse[]): Promise<void> {
  const column = (pick: (use: TokenUse) => string | null) => uses.map(pick)
  const earliest = new Date(Math.min(...uses.map(({ at }) => at.getTime())))
  await sql`
    with noted as (
      select u.* from unnest(
        ${column((use) => use.namespaceId)}::text[],
        ${column((use) => use.tokenId)}::text[],
        ${column((use) => use.secretId)}::text[],
        ${column((use) => use.at.toISOString())}::timestamptz[],
        ${column((use) => use.ipAddress)}::inet[],
        ${column((use) => use.client?.slice(0, maxClientLength) ?? null)}::text[],
        ${column((use) => use.repository)}::text[]
      ) as u (namespace_id, token_id, secret_id, at, ip_address, client, repository)
    ), alive as materialized (
      select namespace_id, id from access_token
      where (namespace_id, id) in (select namespace_id, token_id from noted) order by id for key share
    ), locked as materialized (
      select namespace_id, token_id, id, expires_at, last_used_at from access_token_secret
      where (namespace_id, token_id) in (select namespace_id, id from alive)
        and (id in (select secret_id from noted) or expires_at > ${earliest.toISOString()}::timestamptz)
      order by id for no key update
    ), used as materialized (
      select noted.*, l.last_used_at is null and l.expires_at is null as is_first_of_newest
      from noted join locked l on l.id = noted.secret_id
    ), ends as materialized (
      select token_id, min(at) + make_interval(secs => ${graceAfterFirstUseSeconds}) as at
      from used where is_first_of_newest group by token_id
    ), changed as materialized (
      select l.namespace_id, l.token_id, l.id, greatest(l.last_used_at, u.at) as last_used_at,
        case when l.expires_at > e.at then e.at else l.expires_at end as expires_at
      from locked l left join used u on u.secret_id = l.id left join ends e on e.token_id = l.token_id
      where coalesce(l.last_used_at < u.at, u.at is not null) or l.expires_at > e.at
    ), secrets as (
      update access_token_secret s set last_used_at = c.last_used_at, expires_at = c.expires_at
      from changed c where s.namespace_id = c.namespace_id and s.token_id = c.token_id and s.id = c.id
    )
    insert into access_token_last_use as l (namespace_id, token_id, at, ip_address, client, repository)
    select distinct on (token_id) namespace_id, token_id, at, ip_address, client, repository
    from used order by token_id, at desc
    on conflict (token_id) do update
    set at = excluded.at, ip_address = excluded.ip_address, client = excluded.client,
      repository = coalesce(excluded.repository, l.repository)
    where l.at < excluded.at`.execute(em.getKysely())
}
