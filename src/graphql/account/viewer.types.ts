import { ObjectType } from 'type-graphql'

@ObjectType({
  description: 'The caller: a signed-in person, a personal token of a person, or an organization token.',
})
export class Viewer {}
