import { Field, InputType } from 'type-graphql'

@InputType({ description: 'A new company.' })
export class CreateCompanyInput {
  @Field(() => String, {
    description:
      'The name, which no other company has; an organization may. Lower-case letters and digits, with dots, underscores or hyphens between them; 2 to 40. It never changes.',
  })
  name!: string

  @Field(() => [String], { description: 'The usernames of its owners, at least one.' })
  owners!: string[]
}
