import { Arg, Ctx, Query, Resolver } from 'type-graphql'
import { findOrganization } from '../../domain/account/find-organization.ts'
import { findUser, type UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { organizationAccessByName } from '../../domain/policy/principal.ts'
import type { Context } from '../context.ts'
import { Organization } from './organization.types.ts'
import { User } from './user.types.ts'
import { Viewer } from './viewer.types.ts'
import { type ViewerNode, viewerOf } from './viewer-node.ts'

@Resolver()
export class AccountQueries {
  @Query(() => Viewer, { nullable: true, description: 'The caller. Null if anonymous.' })
  viewer(@Ctx() { principal }: Context): ViewerNode | null {
    return viewerOf(principal)
  }

  @Query(() => Organization, {
    nullable: true,
    description: 'Organization by name. Null if it does not exist or the caller cannot see it.',
  })
  async organization(
    @Ctx() { em, principal }: Context,
    @Arg('name', () => String, { description: 'Name of the organization, for example `acme`.' }) name: string,
  ): Promise<OrganizationRow | null> {
    // Authentication has just read the organizations of the caller.
    return organizationAccessByName(principal, name)?.organization ?? findOrganization(em, principal, name)
  }

  @Query(() => User, { nullable: true, description: 'Person by username. Null if there is no such person.' })
  user(
    @Ctx() { em }: Context,
    @Arg('username', () => String, { description: 'Username of the person.' }) username: string,
  ): Promise<UserRow | null> {
    return findUser(em, username)
  }
}
