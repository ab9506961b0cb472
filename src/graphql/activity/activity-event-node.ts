import type { GraphQLResolveInfo } from 'graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { ActivityEventRow } from '../../domain/activity/activity-event-store.ts'
import type { ActivityActor } from '../../domain/journal/record-activity.ts'
import { type ActivityAction, isActivityAction } from '../../domain/model/activity-action.ts'
import type { Context } from '../context.ts'
import { loadUsers } from '../load-users.ts'
import { selectedFields } from '../selected-fields.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'
import { loadVisibleTokens } from '../token/visible-tokens.ts'

/** An activity event as GraphQL returns it. */
export interface ActivityEventNode {
  readonly id: string
  readonly organizationId: string
  readonly at: string
  readonly action: string
  readonly kind: ActivityAction | null
  readonly actor: Pick<ActivityActor, 'kind' | 'name'> & { readonly user: UserRow | null }
  /** Also null if it is not requested. */
  readonly accessToken: AccessTokenNode | null
  readonly tokenLabel: string | null
  readonly target: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: ReadonlyArray<{ readonly key: string; readonly value: string }>
}

/**
 * Activity events as GraphQL returns them. Tokens and people are looked up together, if the operation requests them.
 */
export async function toActivityEvents(
  context: Context,
  rows: readonly ActivityEventRow[],
  info: GraphQLResolveInfo,
): Promise<ActivityEventNode[]> {
  const fields = selectedFields(info)
  const tokenIds = fields.has('accessToken') ? rows.map(({ tokenId }) => tokenId) : []
  const [tokens, userOf] = await Promise.all([
    loadVisibleTokens(context, tokenIds, info),
    fields.has('user') ? loadActors(context, rows) : () => null,
  ])
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organizationId,
    at: row.at,
    action: row.action,
    kind: isActivityAction(row.action) ? row.action : null,
    actor: { kind: row.actorKind, name: row.actorName, user: userOf(row) },
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

/** Finds the people of the events. The actor of a personal token has the token's id and the username of its owner. */
async function loadActors(
  { loaders }: Context,
  rows: readonly ActivityEventRow[],
): Promise<(row: ActivityEventRow) => UserRow | null> {
  const names = new Set(rows.flatMap((row) => (row.actorKind === 'PERSONAL_TOKEN' ? [row.actorName] : [])))
  const [byId, byName] = await Promise.all([
    loadUsers(
      rows.map((row) => (row.actorKind === 'USER' ? row.actorId : null)),
      loaders,
    ),
    Promise.all([...names].map((name) => loaders.userByUsername.load(name))),
  ])
  const named = new Map(byName.flatMap((user) => (user === null ? [] : [[user.username, user]])))
  return ({ actorKind, actorId, actorName }) =>
    (actorKind === 'USER' ? byId.get(actorId ?? '') : actorKind === 'PERSONAL_TOKEN' ? named.get(actorName) : null) ??
    null
}
