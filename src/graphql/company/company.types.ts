import { Field, ObjectType } from 'type-graphql'
import { Node } from '../node.ts'

@ObjectType({
  implements: Node,
  description:
    'Company: a set of organizations with common owners. As such, owners manage the organizations, but cannot pull ' +
    'or push.',
  simpleResolvers: true,
})
export class Company extends Node {
  @Field(() => String, { description: 'Name, unique among companies.' })
  name!: string
}
