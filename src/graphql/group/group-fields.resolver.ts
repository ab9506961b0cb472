import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { GroupRepositoryRow } from '../../domain/group/find-group-repositories.ts'
import type { GroupRow } from '../../domain/group/group-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { type PageArguments, parsePage, toPage } from '../../domain/shared/page.ts'
import { Organization } from '../account/organization.types.ts'
import { PageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { MembershipConnection, toMembership } from '../member/membership.types.ts'
import { Group, GroupRepositoryAccess } from './group.types.ts'

@Resolver(() => Group)
export class GroupFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization of the group. Null if the caller cannot see it.',
  })
  organization(@Root() { organizationId }: GroupRow, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(organizationId)
  }

  @FieldResolver(() => MembershipConnection, {
    nullable: true,
    description: 'Members of the group, sorted by username.',
  })
  async members(@Root() group: GroupRow, @Ctx() { loaders }: Context, @Args(() => PageArgs) args: PageArguments) {
    const wanted = parsePage(args)
    const members = await loaders.groupMembers.load({ group, page: wanted })
    const usernameOf = ({ username }: { username: string }) => username
    const page = toPage(members, wanted, usernameOf, () => loaders.groupMemberCount.load(group))
    const nodes = page.items.map((member) => toMembership(group.id, member))
    return new Connection(page, nodes)
  }

  @FieldResolver(() => [GroupRepositoryAccess], {
    nullable: true,
    description: 'Repositories that the group has access to and the caller can see, sorted by name.',
  })
  repositories(@Root() group: GroupRow, @Ctx() { loaders }: Context): Promise<readonly GroupRepositoryRow[]> {
    return loaders.groupRepositories.load(group)
  }
}
