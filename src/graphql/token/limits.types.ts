import { Field, Int, ObjectType } from 'type-graphql'
import { DateTime } from '../date-time.ts'

@ObjectType({
  description: 'How many access tokens an organization may have. Expired and inactive tokens count.',
  simpleResolvers: true,
})
export class TokenLimit {
  @Field(() => Int, { description: "The plan's number of tokens." })
  limit!: number

  @Field(() => Int, { description: 'How many there are.' })
  used!: number

  @Field(() => Int, { description: 'How many more can be generated.' })
  remaining!: number
}

@ObjectType({ description: 'How many pulls are allowed in a usage window.', simpleResolvers: true })
export class UsageLimit {
  @Field(() => Int, { nullable: true, description: 'Pulls a window; null: unlimited.' })
  limit!: number | null

  @Field(() => Int, {
    description: 'Pulls in the current window that registries have told of, and grants of which they may still tell.',
  })
  used!: number

  @Field(() => Int, { nullable: true, description: 'Pulls left in the current window; null: unlimited.' })
  remaining!: number | null

  @Field(() => Int, { description: 'How long a window is, in seconds.' })
  windowSeconds!: number

  @Field(() => DateTime, { description: 'When the current window ends and counting starts again.' })
  resetsAt!: string
}
