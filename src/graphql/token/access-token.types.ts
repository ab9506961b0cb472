import { Ctx, Field, FieldResolver, InterfaceType, ObjectType, Resolver, Root } from 'type-graphql'
import type { AccessTokenStatus } from '../../domain/model/access-token.ts'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { Organization } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'
import { RefusedAttempt } from '../refusal/refused-attempt.types.ts'
import type { AccessTokenNode } from './access-token-node.ts'
import { UsageLimit } from './limits.types.ts'
import { Scope } from './scope.types.ts'
import { AccessTokenOriginEnum, AccessTokenStatusEnum, PersonalAccessEnum } from './token.types.ts'

@ObjectType({ description: 'A successful use of a token: a login, a pull or a push.', simpleResolvers: true })
export class TokenUse {
  @Field(() => DateTime, { description: 'When.' })
  at!: string

  @Field(() => String, { nullable: true, description: 'From which address.' })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'With which client, as it names itself.' })
  client!: string | null

  @Field(() => String, { nullable: true, description: 'The repository that was asked for last, if any was.' })
  repository!: string | null
}

@ObjectType({ description: 'A secret of a token, without the secret itself.', simpleResolvers: true })
export class TokenSecret {
  @Field(() => String, { description: 'The last 4 characters.' })
  hint!: string

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: string

  @Field(() => DateTime, { nullable: true, description: 'When it ends before its token does; null: it does not.' })
  expiresAt!: string | null

  @Field(() => DateTime, { nullable: true, description: 'When it was last used; null: never.' })
  lastUsedAt!: string | null
}

@InterfaceType('AccessToken', {
  implements: Node,
  description: 'A token that works as the password of `docker login`, and as a bearer token of this API.',
})
export abstract class AccessToken extends Node {
  @Field(() => String, { description: 'What people call it.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'What it is for; null when nobody said.' })
  description!: string | null

  @Field(() => AccessTokenStatusEnum, { description: 'Whether it can be used.' })
  status!: AccessTokenStatus

  @Field(() => AccessTokenOriginEnum, { description: 'How it came to be.' })
  origin!: keyof typeof AccessTokenOriginEnum

  @Field(() => String, { description: 'The last 4 characters of the newest secret.' })
  hint!: string

  @Field(() => [Scope], { description: 'What it may do; empty when the last repository it named was deleted.' })
  scopes!: readonly Scope[]

  @Field(() => DateTime, { description: 'When it was generated.' })
  createdAt!: string

  @Field(() => User, {
    nullable: true,
    description: 'Who generated it. Null once that account is gone; the token stays.',
  })
  createdBy!: User | null

  @Field(() => DateTime, { nullable: true, description: 'When it expires; null: never. This cannot be edited.' })
  expiresAt!: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its secret was last accepted, whatever was granted then; null: never.',
  })
  lastUsedAt!: string | null

  @Field(() => TokenUse, { nullable: true, description: 'The last use with success; null: never used.' })
  lastUsed!: TokenUse | null

  @Field(() => UsageLimit, {
    description:
      'Its pulls in the current usage window; they count against nobody else. Those of a personal token are the pulls of the person, with all their tokens and their password.',
  })
  usageLimit!: UsageLimit

  @Field(() => [TokenSecret], {
    description: 'Its secrets, newest first: one, or two while a rotation overlaps.',
  })
  secrets!: readonly TokenSecret[]

  @Field(() => [RefusedAttempt], {
    description:
      'The last 20 attempts with it that were refused, the latest first. Those with a secret that was refused are no uses.',
  })
  refusedAttempts!: readonly RefusedAttempt[]
}

@ObjectType('OrganizationAccessToken', {
  implements: AccessToken,
  description: 'A token of an organization. It acts as the organization, and stays when the person who made it leaves.',
  simpleResolvers: true,
})
export class OrganizationAccessToken extends AccessToken {}

@Resolver(() => OrganizationAccessToken)
export class OrganizationAccessTokenFields {
  @FieldResolver(() => Organization, { description: 'The organization it belongs to.' })
  organization(@Root() { ownerId }: AccessTokenNode, @Ctx() { loaders }: Context) {
    return loaders.organizationById.load(ownerId)
  }
}

@ObjectType('PersonalAccessToken', {
  implements: AccessToken,
  description:
    'A token of a person. It reaches what the person may reach at the moment of each use, and of that what its access leaves.',
  simpleResolvers: true,
})
export class PersonalAccessToken extends AccessToken {
  @Field(() => PersonalAccessEnum, { description: 'What it may do at most.' })
  access!: PersonalAccess
}

@Resolver(() => PersonalAccessToken)
export class PersonalAccessTokenFields {
  @FieldResolver(() => User, { description: 'The person it belongs to.' })
  owner(@Root() { ownerId }: AccessTokenNode, @Ctx() { loaders }: Context) {
    return loaders.userById.load(ownerId)
  }
}

export const AccessTokenConnection = connectionType<AccessToken>('AccessToken', () => AccessToken, 'access tokens')
