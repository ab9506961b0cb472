import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { NotedRefusal } from '../policy/refusal.ts'
import { planForValues } from '../sql/statement.ts'

/** How many of a token, and of what names no token, are kept: the newest. */
const keptOfSubject = 50
const maxTextLength = 256

/**
 * Adds refusals to those that have all in common with them. Names that nobody has, and tokens that have been deleted, drop out.
 * An organization has no password: what was tried as one is an unknown secret. That is decided here, so that a login takes as long
 * for the name of an organization as for any other. Rows are locked in the order of their key, so that instances that write at once cannot deadlock.
 */
export async function writeRefusals(em: EntityManager, noted: readonly NotedRefusal[]): Promise<void> {
  const column = <Value>(pick: (each: NotedRefusal) => Value) => noted.map(pick)
  const text = (value: string | null | undefined) => value?.replaceAll('\u0000', '').slice(0, maxTextLength) ?? null
  await em.transactional(async (inner) => {
    await planForValues(inner)
    await sql`
      with noted as materialized (
        select u.* from unnest(
          ${column(({ refusal: { subject } }) => ('name' in subject ? null : subject.namespaceId))}::text[],
          ${column(({ refusal: { subject } }) => ('name' in subject ? subject.name : null))}::text[],
          ${column(({ refusal: { subject } }) => ('name' in subject ? null : subject.tokenId))}::text[],
          ${column(({ refusal }) => refusal.reason)}::text[],
          ${column(({ ipAddress }) => ipAddress)}::inet[],
          ${column(({ refusal }) => text(refusal.repository))}::text[],
          ${column(({ refusal }) => refusal.permission ?? null)}::text[],
          ${column(({ client }) => text(client))}::text[],
          ${column(({ firstAt }) => firstAt.toISOString())}::timestamptz[],
          ${column(({ lastAt }) => lastAt.toISOString())}::timestamptz[],
          ${column(({ attempts }) => attempts)}::int[]
        ) as u (namespace_id, name, token_id, reason, ip_address, repository, permission, client, first_at, last_at, attempts)
      ), alive as materialized (
        select namespace_id, id from access_token
        where (namespace_id, id) in (select namespace_id, token_id from noted) order by id for key share
      ), concerned as (
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
        client = excluded.client`.execute(inner.getKysely())
    // So that a flood leaves no more than that.
    await sql`
      delete from refused_attempt r using (
        select k.ctid, row_number() over (partition by k.namespace_id, k.token_id order by k.last_at desc) as place
        from refused_attempt k
        where k.namespace_id in (
          select n.id from namespace n
          where n.id = any(${column(({ refusal: { subject } }) => ('name' in subject ? '' : subject.namespaceId))}::text[])
            or n.name = any(${column(({ refusal: { subject } }) => ('name' in subject ? subject.name : ''))}::text[])
        )
      ) old
      where r.ctid = old.ctid and old.place > ${keptOfSubject}`.execute(inner.getKysely())
  })
}
