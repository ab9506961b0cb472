import { Field, ObjectType } from 'type-graphql'
import { Node } from '../node.ts'

@ObjectType({
  implements: Node,
  description: 'Several organizations under common owners, who manage each of them and pull and push in none.',
  simpleResolvers: true,
})
export class Company extends Node {
  @Field(() => String, { description: 'The name; no two companies have the same.' })
  name!: string
}
