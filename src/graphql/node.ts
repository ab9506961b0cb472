import { Field, ID, InterfaceType } from 'type-graphql'

@InterfaceType('Node', {
  description: 'Anything that has an id of its own.',
  resolveType: (object: { __typename: string }) => object.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'Identifies the object for life; `node(id)` finds it again.' })
  id!: string
}
