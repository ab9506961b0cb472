import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { listGroups } from '../../domain/group/list-groups.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { Organization } from '../account/organization.types.ts'
import { PageArgs, searchArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { GroupConnection } from './group.types.ts'

@Resolver(() => Organization)
export class OrganizationGroups {
  @FieldResolver(() => GroupConnection, {
    nullable: true,
    description:
      'Groups, sorted by name. Only for members, owners of the company, organization tokens with GROUP_READ, and ' +
      'personal tokens for every repository that the person can reach.',
  })
  async groups(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('search', () => String, searchArgument) search: string | null,
  ) {
    const page = await listGroups(context, organization, parsePage(args), search)
    return new Connection(page, page.items)
  }
}
