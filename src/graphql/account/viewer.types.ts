import { Field, ID, ObjectType } from 'type-graphql'

@ObjectType({
  description: 'The caller: a signed-in person, a personal token of a person, or an organization token.',
})
export class Viewer {
  @Field(() => ID, {
    description: 'Id for caches: that of the access token of the request, or of the person. `node` finds that object.',
  })
  id!: string
}
