import { Field, ObjectType } from 'type-graphql'
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
