import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { Permission } from '../model/permission.ts'
import type { RefusalReason } from '../model/refusal-reason.ts'
import { RefusedAttempt } from '../model/refused-attempt.ts'
import type { NotedRefusal } from '../policy/refusal.ts'
import { daysAfter } from '../shared/duration.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import { planForValues, statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'
import { type RowsOfTokens, type TokenPage, tokenStatement } from '../sql/token-page.ts'

/** How many attempts of a token or an account are returned. */
const shown = 20

/** Attempts that were denied or rejected for the same reason, from the same address. */
export interface RefusedAttemptRow {
  readonly at: Timestamp
  readonly firstAt: Timestamp
  readonly attempts: number
  readonly reason: RefusalReason
  readonly ipAddress: string | null
  readonly client: string | null
  readonly repository: string | null
  readonly permission: Permission | null
}

function selectAttempts(db: Kysely<Tables>) {
  return db
    .selectFrom('refused_attempt as r')
    .select([
      'r.last_at as at',
      'r.first_at as firstAt',
      'r.attempts',
      'r.reason',
      sql<string | null>`host(r.ip_address)`.as('ipAddress'),
      'r.client',
      'r.repository',
      sql<Permission | null>`r.permission`.as('permission'),
    ])
}

const selectOfTokens = tokenStatement((db, isOfTokens) =>
  selectAttempts(db)
    .select(sql<string>`r.token_id`.as('tokenId'))
    .where(isOfTokens('r.namespace_id', 'r.token_id'))
    .orderBy('r.last_at', 'desc'),
)

/** The latest attempts of the tokens of each page, by token, newest first. */
export async function findRefusedAttempts(
  em: EntityManager,
  pages: readonly TokenPage[],
): Promise<Array<RowsOfTokens<RefusedAttemptRow>>> {
  const found = await selectOfTokens(em, pages, {})
  return found.map((ofPage) => new Map([...ofPage].map(([tokenId, rows]) => [tokenId, rows.slice(0, shown)])))
}

const selectOfAccount = statement((db, value: ValueOf<{ readonly namespaceId: string }>) =>
  selectAttempts(db)
    .where('r.namespace_id', '=', value('namespaceId'))
    .where('r.token_id', 'is', null)
    .orderBy('r.last_at', 'desc')
    .limit(shown),
)

/** The latest attempts with the name of an organization or a person but without one of their tokens, newest first. */
export function listAttemptsOfAccount(em: EntityManager, namespaceId: string): Promise<RefusedAttemptRow[]> {
  return selectOfAccount(em, { namespaceId })
}

interface NotedRow {
  /** One of the two is set. */
  readonly namespace_id: string | null
  readonly name: string | null
  readonly token_id: string | null
  readonly reason: string
  readonly ip_address: string | null
  readonly repository: string | null
  readonly permission: string | null
  readonly client: string | null
  readonly first_at: string
  readonly last_at: string
  readonly attempts: number
}

// An organization has no password, so a password for its name is an unknown secret. The statement decides that, so that
// a login takes equally long for every name.
const insertAll = statement((db, value: ValueOf<{ readonly noted: readonly NotedRow[] }>) =>
  sql<never>`
    with noted as materialized (
      select * from ${batch(value, 'noted', 'u', {
        namespace_id: 'text',
        name: 'text',
        token_id: 'text',
        reason: 'text',
        ip_address: 'inet',
        repository: 'text',
        permission: 'text',
        client: 'text',
        first_at: 'timestamptz',
        last_at: 'timestamptz',
        attempts: 'int',
      })}
    ), ${livingTokens('alive', 'noted', 'token_id')}, concerned as (
      select noted.*, n.id as owner_id,
        case when reason = 'WRONG_PASSWORD' and n.kind = 'ORGANIZATION' then 'UNKNOWN_SECRET' else reason end as cause
      from noted
      join namespace n on n.id = noted.namespace_id or n.name = noted.name
      where noted.token_id is null or (n.id, noted.token_id) in (select namespace_id, id from alive)
    )
    insert into refused_attempt as r
      (namespace_id, token_id, reason, ip_address, repository, permission, client, first_at, last_at, attempts)
    select owner_id, token_id, cause, ip_address, repository, permission,
      (array_agg(client order by last_at desc))[1], min(first_at), max(last_at), sum(attempts)
    from concerned
    group by owner_id, token_id, cause, ip_address, repository, permission
    order by owner_id collate "C", token_id collate "C", cause, ip_address, repository, permission
    on conflict (namespace_id, token_id, reason, ip_address, repository, permission) do update set
      attempts = r.attempts + excluded.attempts,
      last_at = greatest(r.last_at, excluded.last_at),
      client = excluded.client`.compile(db),
)

/** The newest attempts of a token, and of each account, that are kept. */
const maxOfSubject = 50

const deleteExcess = statement(
  (db, value: ValueOf<{ readonly ids: readonly string[]; readonly names: readonly string[] }>) =>
    sql<never>`
    delete from refused_attempt r using (
      select k.ctid, row_number() over (partition by k.namespace_id, k.token_id order by k.last_at desc) as place
      from refused_attempt k
      where k.namespace_id in (
        select n.id from namespace n where n.id = any(${value('ids')}) or n.name = any(${value('names')})
      )
    ) old
    where r.ctid = old.ctid and old.place > ${sql.lit(maxOfSubject)}`.compile(db),
)

/**
 * Adds attempts to those that differ only in the time, and deletes the oldest if there are too many. Unknown names and
 * deleted tokens are left out. Rows are locked in the order of their key, so that instances cannot deadlock.
 */
export async function insertRefusedAttempts(em: EntityManager, noted: readonly NotedRefusal[]): Promise<void> {
  const rows = noted.map(toRow)
  await em.transactional(async (inner) => {
    await planForValues(inner)
    await insertAll(inner, { noted: rows })
    await deleteExcess(inner, {
      ids: rows.flatMap(({ namespace_id: id }) => id ?? []),
      names: rows.flatMap(({ name }) => name ?? []),
    })
  })
}

const maxTextLength = 256

function toRow({ refusal, ipAddress, client, firstAt, lastAt, attempts }: NotedRefusal): NotedRow {
  const { subject, reason, repository, permission } = refusal
  const text = (value: string | null | undefined) => value?.replaceAll('\u0000', '').slice(0, maxTextLength) ?? null
  return {
    ...('name' in subject
      ? { namespace_id: null, name: subject.name, token_id: null }
      : { namespace_id: subject.namespaceId, name: null, token_id: subject.tokenId }),
    reason,
    ip_address: ipAddress,
    repository: text(repository),
    permission: permission ?? null,
    client: text(client),
    first_at: firstAt.toISOString(),
    last_at: lastAt.toISOString(),
    attempts,
  }
}

const keptDays = 30

/** Deletes attempts that are older than 30 days. */
export async function pruneRefusedAttempts(em: EntityManager, now: Date): Promise<void> {
  await em.nativeDelete(RefusedAttempt, { lastAt: { $lt: daysAfter(now, -keptDays) } })
}
