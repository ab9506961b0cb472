import { Field, ObjectType } from 'type-graphql'
import { connectionType } from '../connection.ts'
import { Node } from '../node.ts'

@ObjectType({
  implements: Node,
  description: 'Members of an organization who are given access to repositories together.',
  simpleResolvers: true,
})
export class Group extends Node {
  @Field(() => String, { description: 'What people call it; unique in the organization.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is for; null when nobody said.' })
  description!: string | null
}

export const GroupConnection = connectionType<Group>('Group', () => Group, 'groups')
