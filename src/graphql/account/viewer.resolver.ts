import type { GraphQLResolveInfo } from 'graphql'
import { Args, Ctx, FieldResolver, Info, Resolver } from 'type-graphql'
import { listOrganizations } from '../../domain/account/list-organizations.ts'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { isAdministrator } from '../../domain/policy/policy.ts'
import { personBehind, usedToken } from '../../domain/policy/principal.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { findToken } from '../../domain/token/token-store.ts'
import { PageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { AccessToken } from '../token/access-token.types.ts'
import { type AccessTokenNode, toAccessToken } from '../token/access-token-node.ts'
import { Organization, OrganizationConnection } from './organization.types.ts'
import { User } from './user.types.ts'
import { Viewer } from './viewer.types.ts'

@Resolver(() => Viewer)
export class ViewerFields {
  @FieldResolver(() => Boolean, {
    description: 'Whether the caller administers the installation: signed in as an administrator, not with a token.',
  })
  isAdministrator(@Ctx() { principal }: Context): boolean {
    return isAdministrator(principal)
  }

  @FieldResolver(() => User, { nullable: true, description: 'The person. Null for an organization token.' })
  user(@Ctx() { principal }: Context): UserRow | null {
    return personBehind(principal)?.user ?? null
  }

  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'The organization of an organization token. Null for other callers.',
  })
  organization(@Ctx() { principal, loaders }: Context): Promise<OrganizationRow | null> | null {
    return principal.kind === 'ORGANIZATION_TOKEN' ? loaders.organizationById.load(principal.organization.id) : null
  }

  @FieldResolver(() => AccessToken, {
    nullable: true,
    description: 'The access token of the request. Null for a session and for anonymous callers.',
  })
  async accessToken(@Ctx() context: Context, @Info() info: GraphQLResolveInfo): Promise<AccessTokenNode | null> {
    const { principal, em } = context
    const used = usedToken(principal)
    return toAccessToken(context, used && (await findToken(em, used.id)), info)
  }

  @FieldResolver(() => OrganizationConnection, {
    description:
      'Organizations of the person: as a member, or as an owner of the company. Sorted by name. Empty for tokens, ' +
      'except personal tokens for every repository that the person can reach.',
  })
  organizations(@Ctx() context: Context, @Args(() => PageArgs) args: PageArguments) {
    const page = listOrganizations(context, parsePage(args))
    return new Connection(page, page.items)
  }
}
