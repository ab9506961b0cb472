import { Field, ObjectType } from 'type-graphql'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

@ObjectType({ implements: Node, description: 'Account of a person.', simpleResolvers: true })
export class User extends Node {
  @Field(() => String, { description: "Username for signing in, and the namespace of the person's own repositories." })
  username!: string

  @Field(() => String, { description: 'Display name.' })
  displayName!: string

  @Field(() => DateTime, { description: 'Time when the account was created.' })
  createdAt!: string
}
