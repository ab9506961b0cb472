import { Field, ID, InterfaceType } from 'type-graphql'

@InterfaceType('Node', { description: 'Anything that has an id of its own.' })
export abstract class Node {
  @Field(() => ID, { description: 'Identifies the object for life; `node(id)` finds it again.' })
  id!: string
}
