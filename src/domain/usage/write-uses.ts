import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { graceAfterFirstUseSeconds } from '../model/token-rules.ts'
import { clientNetwork } from '../shared/client-network.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import type { TokenUse } from './token-use.ts'

/** A use of a token from a network that it had not been used from. */
export interface NewAddress {
  readonly namespaceId: string
  readonly namespaceName: string
  readonly namespaceKind: 'USER' | 'ORGANIZATION'
  readonly tokenId: string
  readonly label: string
  readonly at: Timestamp
  readonly ipAddress: string
  readonly network: string
  readonly client: string | null
  /** Whether the token had been used before, from wherever. */
  readonly wasUsed: boolean
}

const maxClientLength = 256

/**
 * Writes some hundred uses at most of tokens and of their secrets, in the transaction that `em` is in, and answers what is new
 * about them. Tokens that have been deleted in the meantime drop out. When the newest secret of a token is used for the first
 * time, it is in place: the one before it then ends soon.
 *
 * Rows are locked in one order, tokens before secrets as a deletion and a rotation do, so that instances that write at once
 * cannot deadlock. Each step is materialized: planned as one, thousands of uses come out as a nested loop over each other.
 */
export async function writeUses(em: EntityManager, uses: readonly TokenUse[]): Promise<NewAddress[]> {
  const column = (pick: (use: TokenUse) => string | null) => uses.map(pick)
  const earliest = new Date(Math.min(...uses.map(({ at }) => at.getTime())))
  const { rows } = await sql<NewAddress>`
    with noted as materialized (
      select u.* from unnest(
        ${column((use) => use.namespaceId)}::text[],
        ${column((use) => use.tokenId)}::text[],
        ${column((use) => use.secretId)}::text[],
        ${column((use) => use.at.toISOString())}::timestamptz[],
        ${column((use) => use.ipAddress)}::inet[],
        ${column((use) => (use.ipAddress === null ? null : clientNetwork(use.ipAddress)))}::cidr[],
        ${column((use) => use.client?.slice(0, maxClientLength) ?? null)}::text[],
        ${column((use) => use.repository)}::text[]
      ) as u (namespace_id, token_id, secret_id, at, ip_address, network, client, repository)
    ), alive as materialized (
      select namespace_id, id from access_token
      where (namespace_id, id) in (select namespace_id, token_id from noted) order by id for key share
    ), locked as materialized (
      select namespace_id, token_id, id, expires_at, last_used_at from access_token_secret
      where (namespace_id, token_id) in (select namespace_id, id from alive)
        and (id in (select secret_id from noted) or expires_at > ${earliest.toISOString()}::timestamptz)
      order by id for no key update
    ), used as materialized (
      select noted.* from noted join alive on alive.namespace_id = noted.namespace_id and alive.id = noted.token_id
    ), used_secrets as materialized (
      select u.secret_id, max(u.at) as last_at, min(u.at) as first_at from used u group by u.secret_id
    ), ends as materialized (
      select l.token_id, min(u.first_at) + make_interval(secs => ${graceAfterFirstUseSeconds}) as at
      from locked l join used_secrets u on u.secret_id = l.id
      where l.last_used_at is null and l.expires_at is null group by l.token_id
    ), changed as materialized (
      select l.namespace_id, l.token_id, l.id, greatest(l.last_used_at, u.last_at) as last_used_at,
        case when l.expires_at > e.at then e.at else l.expires_at end as expires_at
      from locked l left join used_secrets u on u.secret_id = l.id left join ends e on e.token_id = l.token_id
      where coalesce(l.last_used_at < u.last_at, u.last_at is not null) or l.expires_at > e.at
    ), secrets as (
      update access_token_secret s set last_used_at = c.last_used_at, expires_at = c.expires_at
      from changed c where s.namespace_id = c.namespace_id and s.token_id = c.token_id and s.id = c.id
    ), used_before as materialized (
      select token_id from access_token_last_use where (namespace_id, token_id) in (select namespace_id, id from alive)
    ), last_uses as (
      insert into access_token_last_use as l (namespace_id, token_id, at, ip_address, client, repository)
      select distinct on (token_id) namespace_id, token_id, at, ip_address, client, repository
      from used order by token_id, at desc
      on conflict (token_id) do update
      set at = excluded.at, ip_address = excluded.ip_address, client = excluded.client,
        repository = coalesce(excluded.repository, l.repository)
      where l.at < excluded.at
    ), fresh as (
      insert into access_token_address (namespace_id, token_id, network, first_used_at)
      select namespace_id, token_id, network, min(at) from used where network is not null
      group by namespace_id, token_id, network order by namespace_id, token_id, network
      on conflict (namespace_id, token_id, network) do nothing
      returning namespace_id, token_id, network
    )
    select distinct on (n.id, t.id, f.network) n.id as "namespaceId", n.name as "namespaceName",
      n.kind as "namespaceKind", t.id as "tokenId", t.label, u.at, host(u.ip_address) as "ipAddress",
      f.network::text as network, u.client, t.id in (select token_id from used_before) as "wasUsed"
    from fresh f
    join used u on u.namespace_id = f.namespace_id and u.token_id = f.token_id and u.network = f.network
    join access_token t on t.namespace_id = f.namespace_id and t.id = f.token_id
    join namespace n on n.id = f.namespace_id
    order by n.id, t.id, f.network, u.at`.execute(em.getKysely())
  return rows
}
