import { Field, InterfaceType, ObjectType } from 'type-graphql'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

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
  resolveType: () => 'OrganizationAccessToken',
})
export abstract class AccessToken extends Node {
  @Field(() => String, { description: 'What people call it.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'What it is for; null when nobody said.' })
  description!: string | null

  @Field(() => DateTime, { description: 'When it was generated.' })
  createdAt!: string

  @Field(() => DateTime, { nullable: true, description: 'When it expires; null: never. This cannot be edited.' })
  expiresAt!: string | null
}

@ObjectType('OrganizationAccessToken', {
  implements: AccessToken,
  description: 'A token of an organization. It acts as the organization, and stays when the person who made it leaves.',
})
export class OrganizationAccessToken extends AccessToken {}

export const AccessTokenConnection = connectionType<AccessToken>('AccessToken', () => AccessToken, 'access tokens')
