import { Field, ID, InterfaceType } from 'type-graphql'

/** Which type an object is of that was found behind an interface: objects say so themselves. */
export function typeNameOf(object: { readonly __typename: string }): string {
  return object.__typename
}

@InterfaceType('Node', { description: 'Anything that has an id of its own.' })
export abstract class Node {
  @Field(() => ID, { description: 'Identifies the object for life; `node(id)` finds it again.' })
  id!: string
}
