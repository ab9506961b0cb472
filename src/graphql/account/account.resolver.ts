import { Arg, Ctx, Query, Resolver } from 'type-graphql'
import { findOrganization } from '../../domain/account/find-organization.ts'
import { findUser, type UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { organizationAccessByName } from '../../domain/policy/principal.ts'
import type { Context } from '../context.ts'
import { Organization } from './organization.types.ts'
import { User } from './user.types.ts'
import { Viewer } from './viewer.types.ts'

@Resolver()
export class AccountQueries {
  @Query(() => Viewer, { nullable: true, description: 'Who is calling; null when anonymous.' })
  viewer(@Ctx() { principal }: Context): object | null {
    return principal.kind === 'ANONYMOUS' ? null : {}
  }

  @Query(() => Organization, {
    nullable: true,
    description: 'The organization of that name; null when there is none that the caller may know of.',
  })
  async organization(
    @Ctx() { em, principal }: Context,
    @Arg('name', () => String, { description: 'Its name, for example `acme`.' }) name: string,
  ): Promise<OrganizationRow | null> {
    // Authentication has just read those that the caller stands in.
    return organizationAccessByName(principal, name)?.organization ?? findOrganization(em, principal, name)
  }

  @Query(() => User, { nullable: true, description: 'The person of that username; null when there is none.' })
  user(
    @Ctx() { em }: Context,
    @Arg('username', () => String, { description: 'Their username.' }) username: string,
  ): Promise<UserRow | null> {
    return findUser(em, username)
  }
}
