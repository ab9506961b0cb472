import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { listTokens } from '../../domain/token/list-tokens.ts'
import type { TokenOrder } from '../../domain/token/token-order.ts'
import { pullLimitOfPerson, usageLimit, usageWindowAt } from '../../domain/usage/usage-limit.ts'
import { PageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { orderArgument } from '../order.inputs.ts'
import { AccessTokenConnection } from '../token/access-token.types.ts'
import { AccessTokenFilter } from '../token/access-token-filter.inputs.ts'
import { toAccessTokens } from '../token/access-token-node.ts'
import { AccessTokenOrder } from '../token/access-token-order.inputs.ts'
import { UsageLimit } from '../token/limits.types.ts'
import { User } from './user.types.ts'

@Resolver(() => User)
export class UserFields {
  @FieldResolver(() => String, {
    nullable: true,
    description: 'E-mail address, visible only to the person. Null for other callers, and if there is no address.',
  })
  email(@Root() user: UserRow, @Ctx() { principal }: Context): string | null {
    return principal.kind === 'SESSION' && principal.user.id === user.id ? user.email : null
  }

  @FieldResolver(() => AccessTokenConnection, {
    nullable: true,
    description:
      'Personal tokens, including those of devices, newest first. Only for the person, when signed in; not for ' +
      'their tokens.',
  })
  async accessTokens(
    @Root() { id, username }: UserRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('filter', () => AccessTokenFilter, {
      nullable: true,
      description: 'Conditions for the tokens. If omitted, all tokens are listed.',
    })
    filter: AccessTokenFilter | null,
    @Arg('orderBy', () => AccessTokenOrder, orderArgument) orderBy: TokenOrder | null,
    @Info() info: GraphQLResolveInfo,
  ) {
    const page = await listTokens(context, { id, name: username, plan: null }, parsePage(args), filter ?? {}, orderBy)
    return new Connection(page, await toAccessTokens(context, { id, name: username, plan: null }, page.items, info))
  }

  @FieldResolver(() => UsageLimit, {
    nullable: true,
    description:
      'Pulls of the person in the current window, with all personal tokens and the password together. Pulls with ' +
      'organization tokens are counted separately. Visible only to the person; null for other callers.',
  })
  async usageLimit(
    @Root() { id }: UserRow,
    @Ctx() { principal, settings, loaders, now }: Context,
  ): Promise<UsageLimit | null> {
    if (principal.kind !== 'SESSION' || principal.user.id !== id) return null
    // The pulls of a person are stored like those of a token, under the person's id.
    const usage = await loaders.usage.load({ namespaceId: id, ids: [id] })
    const resetsAt = usageWindowAt(now).endsAt.toISOString()
    return usageLimit(pullLimitOfPerson(principal, settings.plans), usage.get(id)?.[0]?.pulls ?? 0, resetsAt)
  }
}
