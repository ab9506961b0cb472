import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/account/find-organization.ts'
import type { UserRow } from '../../domain/account/find-user.ts'
import { type AccessTokenStatus, statusOf } from '../../domain/token/access-token.ts'
import type { SecretRow, TokenRow } from '../../domain/token/find-token.ts'
import { resourceOf } from '../../domain/token/scope.ts'
import type { LastUseRow } from '../../domain/usage/find-usage.ts'
import { pullLimitOf, usageLimit } from '../../domain/usage/usage-limit.ts'
import { Organization } from '../account/organization-type.ts'
import { User } from '../account/user-type.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { AccessToken, OrganizationAccessToken, TokenSecret, TokenUse } from './access-token-type.ts'
import { AccessTokenOriginEnum, AccessTokenStatusEnum } from './enums.ts'
import { UsageLimit } from './limit-types.ts'
import { Scope } from './scope-types.ts'

@Resolver(() => AccessToken)
export class AccessTokenFields {
  @FieldResolver(() => AccessTokenStatusEnum, { description: 'Whether it can be used.' })
  status(@Root() token: TokenRow, @Ctx() { now }: Context): AccessTokenStatus {
    return statusOf(token, now)
  }

  @FieldResolver(() => AccessTokenOriginEnum, { description: 'How it came to be.' })
  origin(): keyof typeof AccessTokenOriginEnum {
    return 'MANUAL'
  }

  @FieldResolver(() => String, { description: 'The last 4 characters of the newest secret.' })
  async hint(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<string | undefined> {
    const [newest] = await loaders.secretsByToken.load(token.id)
    return newest?.hint
  }

  @FieldResolver(() => [Scope], { description: 'What it may do; empty when the last repository it named was deleted.' })
  async scopes(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<Scope[]> {
    const scopes = await loaders.scopesByToken.load(token.id)
    return scopes.map(({ kind, path, permissions }) => ({ resource: resourceOf(kind), path, permissions }))
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who generated it. Null once that account is gone; the token stays.',
  })
  createdBy(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<UserRow | null> | null {
    return token.createdById === null ? null : loaders.userById.load(token.createdById)
  }

  @FieldResolver(() => DateTime, { nullable: true, description: 'When it was last used with success; null: never.' })
  async lastUsedAt(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<string | null> {
    return (await loaders.lastUseByToken.load(token.id))?.at ?? null
  }

  @FieldResolver(() => TokenUse, { nullable: true, description: 'The last use with success; null: never used.' })
  lastUsed(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<LastUseRow | null> {
    return loaders.lastUseByToken.load(token.id)
  }

  @FieldResolver(() => UsageLimit, {
    description: 'Its pulls in the current usage window; they count against nobody else.',
  })
  async usageLimit(@Root() token: TokenRow, @Ctx() { loaders, now, settings }: Context): Promise<UsageLimit> {
    const pulls = await loaders.pullsByToken.load(token.id)
    return usageLimit(pullLimitOf(token.pullLimit, settings.plans[token.plan]), pulls, now)
  }

  @FieldResolver(() => [TokenSecret], {
    description: 'Its secrets, newest first: one, or two while a rotation overlaps.',
  })
  secrets(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<readonly SecretRow[]> {
    return loaders.secretsByToken.load(token.id)
  }
}

@Resolver(() => OrganizationAccessToken)
export class OrganizationAccessTokenFields {
  @FieldResolver(() => Organization, { description: 'The organization it belongs to.' })
  organization(@Root() token: TokenRow, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(token.organizationId)
  }
}
