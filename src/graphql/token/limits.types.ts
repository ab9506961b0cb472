import { Field, Int, ObjectType } from 'type-graphql'
import { DateTime } from '../date-time.ts'

@ObjectType({
  description: 'Number of access tokens that an organization can have. Expired and inactive tokens count.',
  simpleResolvers: true,
})
export class TokenLimit {
  @Field(() => Int, { description: 'Tokens that the plan allows.' })
  limit!: number

  @Field(() => Int, { description: 'How many there are.' })
  used!: number

  @Field(() => Int, { description: 'Tokens that can still be generated.' })
  remaining!: number
}

@ObjectType({ description: 'Pulls in the current window, and their limit.', simpleResolvers: true })
export class UsageLimit {
  @Field(() => Int, { nullable: true, description: 'Pulls per window. Null means unlimited.' })
  limit!: number | null

  @Field(() => Int, {
    description: 'Pulls in the current window that registries reported, plus grants that they may still report.',
  })
  used!: number

  @Field(() => Int, { nullable: true, description: 'Pulls left in the current window. Null means unlimited.' })
  remaining!: number | null

  @Field(() => Int, { description: 'Length of a window, in seconds.' })
  windowSeconds!: number

  @Field(() => DateTime, { description: 'Time when the current window ends and the next one starts at 0.' })
  resetsAt!: string
}
