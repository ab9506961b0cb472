import { ObjectType } from 'type-graphql'

@ObjectType({
  description: 'Who is calling: a person who signed in, a personal token that acts for one, or an organization token.',
})
export class Viewer {}
