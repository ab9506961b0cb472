import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, FieldResolver, Info, Int, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import { parsePage } from '../../domain/shared/page.ts'
import { listTokens } from '../../domain/token/list-tokens.ts'
import { pullLimitOfPerson, usageLimit, usageWindowAt } from '../../domain/usage/usage-limit.ts'
import { afterArgument, firstArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { AccessTokenConnection } from '../token/access-token.types.ts'
import { AccessTokenFilter } from '../token/access-token-filter.inputs.ts'
import { toAccessTokens } from '../token/access-token-node.ts'
import { UsageLimit } from '../token/limits.types.ts'
import { User } from './user.types.ts'

@Resolver(() => User)
export class UserFields {
  @FieldResolver(() => String, {
    nullable: true,
    description: 'Their e-mail address. Null for everyone but the person themself, and when there is none.',
  })
  email(@Root() user: UserRow, @Ctx() { principal }: Context): string | null {
    return principal.kind === 'SESSION' && principal.user.id === user.id ? user.email : null
  }

  @FieldResolver(() => AccessTokenConnection, {
    description:
      'Their personal tokens, those of their devices among them, newest first. For the person themself, and for no token of theirs.',
  })
  async accessTokens(
    @Root() { id, username }: UserRow,
    @Ctx() context: Context,
    @Arg('first', () => Int, firstArgument) first: number | null,
    @Arg('after', () => String, afterArgument) after: string | null,
    @Arg('filter', () => AccessTokenFilter, { nullable: true, description: 'Which tokens; absent: all of them.' })
    filter: AccessTokenFilter | null,
    @Info() info: GraphQLResolveInfo,
  ) {
    const page = await listTokens(context, id, parsePage(first, after), filter ?? {})
    return new Connection(page, await toAccessTokens(context, { id, name: username, plan: null }, page.items, info))
  }

  @FieldResolver(() => UsageLimit, {
    nullable: true,
    description:
      'Their pulls in the current usage window, with all their tokens and their password; those of organization tokens count apart. Null for everyone but the person themself.',
  })
  async usageLimit(
    @Root() { id }: UserRow,
    @Ctx() { principal, settings, loaders, now }: Context,
  ): Promise<UsageLimit | null> {
    if (principal.kind !== 'SESSION' || principal.user.id !== id) return null
    // The pulls of a person stand beside those of tokens, under the person's id.
    const usage = await loaders.usage.load({ namespaceId: id, ids: [id] })
    const resetsAt = usageWindowAt(now).endsAt.toISOString()
    return usageLimit(pullLimitOfPerson(principal, settings.plans), usage.get(id)?.[0]?.pulls ?? 0, resetsAt)
  }
}
