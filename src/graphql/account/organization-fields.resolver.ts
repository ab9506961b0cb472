import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { tokenLimit } from '../../domain/model/plan.ts'
import { effectiveRole, mayManageTokens } from '../../domain/policy/policy.ts'
import { organizationAccessById } from '../../domain/policy/principal.ts'
import { listRepositories } from '../../domain/repository/list-repositories.ts'
import type { RepositoryOrder as RepositoryOrderRequest } from '../../domain/repository/repository-order.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { listTokens } from '../../domain/token/list-tokens.ts'
import type { TokenOrder } from '../../domain/token/token-order.ts'
import { PageArgs, searchArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { orderArgument } from '../order.inputs.ts'
import { RepositoryConnection } from '../repository/repository.types.ts'
import { RepositoryOrder } from '../repository/repository-order.inputs.ts'
import { AccessTokenConnection } from '../token/access-token.types.ts'
import { AccessTokenFilter } from '../token/access-token-filter.inputs.ts'
import { toAccessTokens } from '../token/access-token-node.ts'
import { AccessTokenOrder } from '../token/access-token-order.inputs.ts'
import { TokenLimit } from '../token/limits.types.ts'
import { OrganizationRoleEnum } from './account.types.ts'
import { Organization } from './organization.types.ts'

@Resolver(() => Organization)
export class OrganizationFields {
  @FieldResolver(() => OrganizationRoleEnum, {
    nullable: true,
    description: 'Role of the caller. OWNER also for owners of the company. Null if the caller is not a member.',
  })
  viewerRole(@Root() organization: OrganizationRow, @Ctx() { principal }: Context): OrganizationRole | null {
    return effectiveRole(organizationAccessById(principal, organization.id))
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether the caller can list, generate, edit and delete the access tokens of the organization.',
  })
  viewerCanManageTokens(@Root() organization: OrganizationRow, @Ctx() { principal }: Context): boolean {
    return mayManageTokens(principal, organization.id)
  }

  @FieldResolver(() => TokenLimit, {
    nullable: true,
    description:
      'Number of access tokens that the plan allows. Only for owners of the organization and of its company.',
  })
  async tokenLimit(@Root() { id, plan }: OrganizationRow, @Ctx() { loaders, settings }: Context): Promise<TokenLimit> {
    return tokenLimit(settings.plans[plan].tokens, await loaders.tokenCount.load(id))
  }

  @FieldResolver(() => AccessTokenConnection, {
    nullable: true,
    description: 'Access tokens, newest first. Only for owners of the organization and of its company.',
  })
  async accessTokens(
    @Root() organization: OrganizationRow,
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
    const page = await listTokens(context, organization, parsePage(args), filter ?? {}, orderBy)
    return new Connection(page, await toAccessTokens(context, organization, page.items, info))
  }

  @FieldResolver(() => RepositoryConnection, {
    description: 'Repositories that the caller can see, sorted by name.',
  })
  async repositories(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('search', () => String, searchArgument) search: string | null,
    @Arg('orderBy', () => RepositoryOrder, orderArgument) orderBy: RepositoryOrderRequest | null,
  ) {
    const page = await listRepositories(context, organization.id, parsePage(args), search, orderBy)
    return new Connection(page, page.items)
  }
}
