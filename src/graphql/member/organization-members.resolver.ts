import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { listInvites } from '../../domain/member/list-invites.ts'
import { listMembers, type MemberOrder } from '../../domain/member/list-members.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { Organization } from '../account/organization.types.ts'
import { PageArgs, searchArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { orderArgument } from '../order.inputs.ts'
import { InviteConnection } from './invite.types.ts'
import { MembershipConnection, toMembership } from './membership.types.ts'
import { MembershipOrder } from './membership-order.inputs.ts'

const memberSearchArgument = {
  ...searchArgument,
  description: 'Only members whose username or display name contains this text. Ignores case.',
} as const
const roleArgument = {
  nullable: true,
  description: 'Only members with this role. If omitted, all members are listed.',
} as const

@Resolver(() => Organization)
export class OrganizationMemberFields {
  @FieldResolver(() => MembershipConnection, {
    nullable: true,
    description:
      'Members, sorted by username. Only for members, owners of the company, organization tokens with MEMBER_READ, ' +
      'and personal tokens for every repository that the person can reach.',
  })
  async members(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('search', () => String, memberSearchArgument) search: string | null,
    @Arg('role', () => OrganizationRoleEnum, roleArgument) role: OrganizationRole | null,
    @Arg('orderBy', () => MembershipOrder, orderArgument) orderBy: MemberOrder | null,
  ) {
    const page = await listMembers(context, organization, parsePage(args), { search, role }, orderBy)
    const nodes = page.items.map((member) => toMembership(organization.id, member))
    return new Connection(page, nodes)
  }

  @FieldResolver(() => InviteConnection, {
    nullable: true,
    description:
      'Open invites, newest first. Only for owners of the organization and of its company, and for organization ' +
      'tokens with INVITE_READ, which cannot see invites with the role OWNER.',
  })
  async invites(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
  ) {
    const page = await listInvites(context, organization, parsePage(args))
    return new Connection(page, page.items)
  }
}
