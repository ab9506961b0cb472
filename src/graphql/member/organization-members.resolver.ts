import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql'
import { listInvites } from '../../domain/member/list-invites.ts'
import { listMembers } from '../../domain/member/list-members.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { parsePage } from '../../domain/shared/page.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { Organization } from '../account/organization.types.ts'
import { afterArgument, firstArgument, searchArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { InviteConnection } from './invite.types.ts'
import { MembershipConnection } from './membership.types.ts'

const roleArgument = { nullable: true, description: 'Only those who have this role; absent: all.' } as const

@Resolver(() => Organization)
export class OrganizationMemberFields {
  @FieldResolver(() => MembershipConnection, {
    description:
      'The members, by username. For members, owners of the company, and tokens with MEMBER_READ or that reach everything a member does.',
  })
  async members(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Arg('first', () => Int, firstArgument) first: number | null,
    @Arg('after', () => String, afterArgument) after: string | null,
    @Arg('search', () => String, searchArgument) search: string | null,
    @Arg('role', () => OrganizationRoleEnum, roleArgument) role: OrganizationRole | null,
  ) {
    const page = await listMembers(context, organization, parsePage(first, after), { search, role })
    return new Connection(page, page.items)
  }

  @FieldResolver(() => InviteConnection, {
    description:
      'The open invites, newest first. For owners of the organization and of its company, and, but for those that make owners, tokens with INVITE_READ.',
  })
  async invites(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Arg('first', () => Int, firstArgument) first: number | null,
    @Arg('after', () => String, afterArgument) after: string | null,
  ) {
    const page = await listInvites(context, organization, parsePage(first, after))
    return new Connection(page, page.items)
  }
}
