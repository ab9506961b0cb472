import { Field, InputType } from 'type-graphql'

@InputType({ description: 'A new company.' })
export class CreateCompanyInput {
  @Field(() => String, {
    description:
      'Name, unique among companies. An organization can have the same name. 2 to 40 lower-case letters and ' +
      'digits, with dots, underscores or hyphens between them. It cannot be changed later.',
  })
  name!: string

  @Field(() => [String], { description: 'Usernames of the owners, at least one.' })
  owners!: string[]
}
