import type { GraphQLResolveInfo } from 'graphql'
import type { ActivityEventRow } from '../../domain/activity/find-activity-event.ts'
import type { ActivityActor } from '../../domain/activity/record-activity.ts'
import { findVisibleTokens } from '../../domain/token/require-token.ts'
import type { Context } from '../context.ts'
import { selectedFields } from '../selected-fields.ts'
import { type AccessTokenNode, toAccessTokens } from '../token/access-token-node.ts'

/** An activity event as GraphQL answers it. */
export interface ActivityEventNode {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly actor: ActivityActor
  /** Null also when nobody has asked for it. */
  readonly accessToken: AccessTokenNode | null
  readonly tokenLabel: string | null
  readonly target: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: ReadonlyArray<{ readonly key: string; readonly value: string }>
}

/** Activity events as GraphQL answers them, with their tokens looked up together where the operation asks for them. */
export async function toActivityEvents(
  context: Context,
  rows: readonly ActivityEventRow[],
  info: GraphQLResolveInfo,
): Promise<ActivityEventNode[]> {
  const tokens = selectedFields(info).has('accessToken') ? await loadTokens(context, rows, info) : null
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    action: row.action,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    accessToken: tokens?.get(row.tokenId ?? '') ?? null,
    tokenLabel: row.tokenLabel,
    target: row.target,
    ipAddress: row.ipAddress,
    userAgent: row.userAgent,
    data: Object.keys(row.data)
      .toSorted()
      .map((key) => ({ key, value: row.data[key] ?? '' })),
  }))
}

/** The tokens of events that the caller may see, by id: those of the organization, and people's own. */
async function loadTokens(
  context: Context,
  rows: readonly ActivityEventRow[],
  info: GraphQLResolveInfo,
): Promise<ReadonlyMap<string, AccessTokenNode>> {
  const ids = [...new Set(rows.flatMap(({ tokenId }) => tokenId ?? []))]
  const byOwner = Map.groupBy(await findVisibleTokens(context, ids), ({ owner }) => owner.id)
  const nodes = await Promise.all(
    [...byOwner.values()].map(async (tokens) => {
      const [first] = tokens
      return first === undefined ? [] : toAccessTokens(context, first.owner, tokens, info)
    }),
  )
  return new Map(nodes.flat().map((node) => [node.id, node]))
}
