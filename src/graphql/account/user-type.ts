import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/find-user.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

@ObjectType({ implements: Node, description: 'A person.', simpleResolvers: true })
export class User extends Node {
  @Field(() => String, { description: 'The name they sign in with, and the namespace of their own repositories.' })
  username!: string

  @Field(() => String, { description: 'The name to show.' })
  displayName!: string

  @Field(() => DateTime, { description: 'When the account was made.' })
  createdAt!: string
}

@Resolver(() => User)
export class UserFields {
  @FieldResolver(() => String, {
    nullable: true,
    description: 'Their e-mail address. Null for everyone but the person themself, and when there is none.',
  })
  email(@Root() user: UserRow, @Ctx() { principal }: Context): string | null {
    return principal.kind === 'SESSION' && principal.user.id === user.id ? user.email : null
  }
}
