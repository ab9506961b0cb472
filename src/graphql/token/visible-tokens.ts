import type { GraphQLResolveInfo } from 'graphql'
import { findVisibleTokens } from '../../domain/token/require-token.ts'
import type { Context } from '../context.ts'
import { type AccessTokenNode, toAccessTokens } from './access-token-node.ts'

/** The tokens with these ids that the caller can see, by id, with all requested fields. */
export async function loadVisibleTokens(
  context: Context,
  ids: ReadonlyArray<string | null>,
  info: GraphQLResolveInfo,
): Promise<ReadonlyMap<string, AccessTokenNode>> {
  const known = [...new Set(ids.flatMap((id) => id ?? []))]
  const byOwner = Map.groupBy(await findVisibleTokens(context, known), ({ owner }) => owner.id)
  const nodes = await Promise.all(
    [...byOwner.values()].map(async (tokens) => {
      const [first] = tokens
      return first === undefined ? [] : toAccessTokens(context, first.owner, tokens, info)
    }),
  )
  return new Map(nodes.flat().map((node) => [node.id, node]))
}
