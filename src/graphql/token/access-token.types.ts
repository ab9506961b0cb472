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

@ObjectType({ description: 'Successful use of a token: at the registry or in this API.', simpleResolvers: true })
export class TokenUse {
  @Field(() => DateTime, { description: 'Time of the use.' })
  at!: string

  @Field(() => String, { nullable: true, description: 'IP address of the client. Null if unknown.' })
  ipAddress!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Client, as in its User-Agent header. Null if it sent no such header.',
  })
  client!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Last requested repository. Null if no repository was requested.',
  })
  repository!: string | null
}

@ObjectType({ description: "Metadata of a token's secret, without the secret itself.", simpleResolvers: true })
export class TokenSecret {
  @Field(() => String, { description: 'Last 4 characters of the secret.' })
  hint!: string

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: string

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time when the secret expires before its token. Null if it does not.',
  })
  expiresAt!: string | null

  @Field(() => DateTime, { nullable: true, description: 'Time of the last use. Null if never used.' })
  lastUsedAt!: string | null
}

@InterfaceType('AccessToken', {
  implements: Node,
  description: 'Access token: a password for `docker login`, and a bearer token for this API.',
})
export abstract class AccessToken extends Node {
  @Field(() => String, { description: 'Display name.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'Purpose. Null if not set.' })
  description!: string | null

  @Field(() => AccessTokenStatusEnum, { description: 'Whether the token can be used.' })
  status!: AccessTokenStatus

  @Field(() => String, {
    nullable: true,
    description: 'Why the token is rejected, in a sentence for people. Null if it is active.',
  })
  statusReason!: string | null

  @Field(() => AccessTokenOriginEnum, { description: 'How the token was created.' })
  origin!: keyof typeof AccessTokenOriginEnum

  @Field(() => String, { description: 'Last 4 characters of the newest secret.' })
  hint!: string

  @Field(() => [Scope], {
    description: 'What the token may do. Empty after the last repository that it names is deleted.',
  })
  scopes!: readonly Scope[]

  @Field(() => DateTime, { description: 'Time when the token was generated.' })
  createdAt!: string

  @Field(() => User, {
    nullable: true,
    description: 'Person who generated the token. Null after the account is deleted; the token stays.',
  })
  createdBy!: User | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time when the token expires. Null means never. It cannot be changed.',
  })
  expiresAt!: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time when a secret of the token was last accepted, even if nothing was granted. Null if never.',
  })
  lastUsedAt!: string | null

  @Field(() => TokenUse, { nullable: true, description: 'Last successful use. Null if never used.' })
  lastUsed!: TokenUse | null

  @Field(() => UsageLimit, {
    description:
      'Pulls in the current window. Organization tokens are counted one by one. Personal tokens share the pulls of ' +
      'the person, together with the password.',
  })
  usageLimit!: UsageLimit

  @Field(() => [TokenSecret], {
    description: 'Secrets that have not expired, newest first: one, or two during a rotation.',
  })
  secrets!: readonly TokenSecret[]

  @Field(() => [RefusedAttempt], {
    description:
      'Last 20 rejected and denied attempts with the token, newest first. Attempts with a rejected secret do not ' +
      'count as uses.',
  })
  refusedAttempts!: readonly RefusedAttempt[]
}

@ObjectType('OrganizationAccessToken', {
  implements: AccessToken,
  description: 'Organization token. It acts for the organization, and stays when the person who generated it leaves.',
  simpleResolvers: true,
})
export class OrganizationAccessToken extends AccessToken {}

@Resolver(() => OrganizationAccessToken)
export class OrganizationAccessTokenFields {
  @FieldResolver(() => Organization, { description: 'Organization that owns the token.' })
  organization(@Root() { ownerId }: AccessTokenNode, @Ctx() { loaders }: Context) {
    return loaders.organizationById.load(ownerId)
  }
}

@ObjectType('PersonalAccessToken', {
  implements: AccessToken,
  description:
    'Personal token. It may do what the person may do at the time of each use, limited by its access level and scopes.',
  simpleResolvers: true,
})
export class PersonalAccessToken extends AccessToken {
  @Field(() => PersonalAccessEnum, { description: 'Access level: the most that the token may do.' })
  access!: PersonalAccess
}

@Resolver(() => PersonalAccessToken)
export class PersonalAccessTokenFields {
  @FieldResolver(() => User, { description: 'Person who owns the token.' })
  owner(@Root() { ownerId }: AccessTokenNode, @Ctx() { loaders }: Context) {
    return loaders.userById.load(ownerId)
  }
}

export const AccessTokenConnection = connectionType<AccessToken>('AccessToken', () => AccessToken, 'access tokens')
