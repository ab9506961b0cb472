import { Field, ID, InputType } from 'type-graphql'
import type { ActivityFilter as Filter } from '../../domain/activity/activity-filter.ts'
import { type ActivityAction, activityActions } from '../../domain/model/activity-action.ts'
import { DateTime } from '../date-time.ts'
import { ActivityActionEnum } from './activity-action.types.ts'

@InputType({ description: 'Conditions for a list of activity events. Events must meet all of them.' })
export class ActivityFilter implements Filter {
  @Field(() => [ActivityActionEnum], { nullable: true, description: 'Events of one of these kinds.' })
  kinds?: ActivityAction[] | null

  @Field(() => [String], {
    nullable: true,
    deprecationReason: 'Use `kinds`, which takes the same values as an enum.',
    description: `Events of one of these actions: ${activityActions.map((action) => `\`${action}\``).join(', ')}.`,
  })
  actions?: string[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Events whose actor has this name: a username, or the name of an organization for its tokens.',
  })
  actor?: string | null

  @Field(() => ID, {
    nullable: true,
    description: 'Events of the token with this id, also after the token is deleted.',
  })
  token?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Events whose target is the repository with this full name, for example `acme/api`, or a tag of it.',
  })
  repository?: string | null

  @Field(() => DateTime, { nullable: true, description: 'Events at this time or later.' })
  from?: Date | null

  @Field(() => DateTime, { nullable: true, description: 'Events before this time.' })
  to?: Date | null
}
