import { Field, ID, InterfaceType } from 'type-graphql'

@InterfaceType('Node', { description: 'Object with an id.' })
export abstract class Node {
  @Field(() => ID, { description: 'Id, which never changes. `node(id)` finds the object.' })
  id!: string
}
