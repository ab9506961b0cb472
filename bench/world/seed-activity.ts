import type { Client } from 'pg'
import { type ChainedEvent, hashAfter, hashBeforeAll } from '../../src/domain/activity/chained-event.ts'
import type { ChainPoint } from '../../src/domain/activity/read-chains.ts'
import { copyRows, type Row } from './copy-rows.ts'

const columns = `namespace_id, position, id, at, action, actor_kind, actor_id, actor_name, token_id, token_label, target,
  ip_address, user_agent, request_id, data, hash`

/**
 * Writes activity events and chains them here, because the trigger takes several times as long. The events must be in
 * the order of the chain.
 */
export async function seedActivity(
  client: Client,
  events: Iterable<Omit<ChainedEvent, 'position' | 'hash'>>,
): Promise<void> {
  const heads = new Map<string, ChainPoint>()
  await client.query('alter table activity_event disable trigger chain')
  await client.query('alter table activity_chain disable trigger advance')
  await copyRows(client, 'activity_event', columns, chained(events, heads))
  await copyRows(client, 'activity_chain', 'namespace_id, position, hash', rowsOf(heads))
  await client.query('alter table activity_chain enable trigger advance')
  await client.query('alter table activity_event enable trigger chain')
}

function* chained(
  events: Iterable<Omit<ChainedEvent, 'position' | 'hash'>>,
  heads: Map<string, ChainPoint>,
): Generator<Row> {
  for (const event of events) {
    const last = heads.get(event.namespaceId) ?? { position: 0, hash: hashBeforeAll }
    const position = last.position + 1
    const hash = hashAfter(last.hash, { ...event, position })
    heads.set(event.namespaceId, { position, hash })
    yield [
      event.namespaceId,
      position,
      event.id,
      event.at,
      event.action,
      event.actorKind,
      event.actorId,
      event.actorName,
      event.tokenId,
      event.tokenLabel,
      event.target,
      event.ipAddress,
      event.userAgent,
      event.requestId,
      event.data,
      hash,
    ]
  }
}

function* rowsOf(heads: ReadonlyMap<string, ChainPoint>): Generator<Row> {
  for (const [namespaceId, { position, hash }] of heads) yield [namespaceId, position, hash]
}
