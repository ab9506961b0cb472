import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { graceAfterFirstUseSeconds } from '../model/token-rules.ts'
import { clientFamily } from '../shared/client-family.ts'
import { clientNetwork, surroundingNetwork } from '../shared/client-network.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** A successful authentication, pull or push. */
export interface TokenUse {
  readonly namespaceId: string
  readonly tokenId: string
  /** Null: a registry reported it, which does not know the secret. */
  readonly secretId: string | null
  readonly at: Date
  readonly ipAddress: string | null
  readonly client: string | null
  /** The requested repository, if any. */
  readonly repository: string | null
}

/** The first use of a token from a network. */
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
  /** Whether the token had been used before, from any network. */
  readonly wasUsed: boolean
  /** Whether a client of this family had used the token before, from an address near this one. */
  readonly isFamiliar: boolean
}

interface UseRow {
  readonly namespace_id: string
  readonly token_id: string
  readonly secret_id: string | null
  readonly at: string
  readonly ip_address: string | null
  readonly network: string | null
  readonly surroundings: string | null
  readonly client: string | null
  readonly family: string
  readonly repository: string | null
}

// Each step is materialized: planned as one, thousands of uses become a nested loop over each other.
const insertAll = statement((db, value: ValueOf<{ readonly uses: readonly UseRow[]; readonly earliest: Date }>) =>
  sql<NewAddress>`
    with noted as materialized (
      select * from ${batch(value, 'uses', 'u', {
        namespace_id: 'text',
        token_id: 'text',
        secret_id: 'text',
        at: 'timestamptz',
        ip_address: 'inet',
        network: 'cidr',
        surroundings: 'cidr',
        client: 'text',
        family: 'text',
        repository: 'text',
      })}
    ), ${livingTokens('alive', 'noted', 'token_id')}, locked as materialized (
      select namespace_id, token_id, id, expires_at, last_used_at from access_token_secret
      where (namespace_id, token_id) in (select namespace_id, id from alive)
        and (id in (select secret_id from noted) or expires_at > ${value('earliest')}::timestamptz)
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
      insert into access_token_address (namespace_id, token_id, network, first_used_at, client)
      select namespace_id, token_id, network, min(at), (array_agg(family order by at))[1] from used
      where network is not null
      group by namespace_id, token_id, network order by namespace_id, token_id, network
      on conflict (namespace_id, token_id, network) do nothing
      returning namespace_id, token_id, network
    )
    select distinct on (n.id, t.id, f.network) n.id as "namespaceId", n.name as "namespaceName",
      n.kind as "namespaceKind", t.id as "tokenId", t.label, u.at, host(u.ip_address) as "ipAddress",
      f.network::text as network, u.client, t.id in (select token_id from used_before) as "wasUsed",
      exists (
        select from access_token_address a
        where a.namespace_id = f.namespace_id and a.token_id = f.token_id and a.network <<= u.surroundings
          and coalesce(a.client, u.family) = u.family
      ) as "isFamiliar"
    from fresh f
    join used u on u.namespace_id = f.namespace_id and u.token_id = f.token_id and u.network = f.network
    join access_token t on t.namespace_id = f.namespace_id and t.id = f.token_id
    join namespace n on n.id = f.namespace_id
    order by n.id, t.id, f.network, u.at`.compile(db),
)

/**
 * Writes up to some hundred uses of tokens and their secrets, in the transaction that `em` is in, and returns the first
 * uses from an address. Uses of deleted tokens are left out. When the newest secret of a token is first used, the one
 * before it ends soon.
 *
 * Rows are locked in one order, tokens before secrets as a deletion and a rotation do, so that instances cannot
 * deadlock.
 */
export function insertUses(em: EntityManager, uses: readonly TokenUse[]): Promise<NewAddress[]> {
  return insertAll(em, {
    uses: uses.map(({ namespaceId, tokenId, secretId, at, ipAddress, client, repository }) => ({
      namespace_id: namespaceId,
      token_id: tokenId,
      secret_id: secretId,
      at: at.toISOString(),
      ip_address: ipAddress,
      network: ipAddress === null ? null : clientNetwork(ipAddress),
      surroundings: ipAddress === null ? null : surroundingNetwork(ipAddress),
      family: clientFamily(client),
      client,
      repository,
    })),
    earliest: new Date(Math.min(...uses.map(({ at }) => at.getTime()))),
  })
}

// Pipelines in a cloud come from a new network every day.
const maxAddressesOfToken = 500

/** Deletes the oldest addresses of tokens that have more than 500. */
export async function pruneTokenAddresses(em: EntityManager): Promise<void> {
  await sql`
    with many as (
      select namespace_id, token_id from access_token_address
      group by namespace_id, token_id having count(*) > ${maxAddressesOfToken}
    )
    delete from access_token_address a using many
    where a.namespace_id = many.namespace_id and a.token_id = many.token_id and a.first_used_at < (
      select k.first_used_at from access_token_address k
      where k.namespace_id = many.namespace_id and k.token_id = many.token_id
      order by k.first_used_at desc offset ${maxAddressesOfToken - 1} limit 1
    )`.execute(em.getKysely())
}
