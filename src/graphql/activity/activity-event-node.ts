import type { GraphQLResolveInfo } from 'graphql'
import type { ActivityEventRow } from '../../domain/activity/find-activity-event.ts'
import type { ActivityActor } from '../../domain/activity/record-activity.ts'
import type { Context } from '../context.ts'
import { selectedFields } from '../selected-fields.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'
import { loadVisibleTokens } from '../token/visible-tokens.ts'

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
  const ids = selectedFields(info).has('accessToken') ? rows.map(({ tokenId }) => tokenId) : []
  const tokens = await loadVisibleTokens(context, ids, info)
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    action: row.action,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    accessToken: tokens.get(row.tokenId ?? '') ?? null,
    tokenLabel: row.tokenLabel,
    target: row.target,
    ipAddress: row.ipAddress,
    userAgent: row.userAgent,
    data: Object.keys(row.data)
      .toSorted()
      .map((key) => ({ key, value: row.data[key] ?? '' })),
  }))
}
