import { Field, ID, InputType } from 'type-graphql'
import type { ActivityFilter as Filter } from '../../domain/activity/activity-filter.ts'
import { activityActions } from '../../domain/model/activity-action.ts'
import { DateTime } from '../date-time.ts'

@InputType({ description: 'Narrows a list of activity events; all that is given has to hold.' })
export class ActivityFilter implements Filter {
  @Field(() => [String], {
    nullable: true,
    description: `Events of one of these actions: ${activityActions.map((action) => `\`${action}\``).join(', ')}.`,
  })
  actions?: string[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Events whose actor has this name: a username, and of an organization token that of the organization.',
  })
  actor?: string | null

  @Field(() => ID, { nullable: true, description: 'Events of the token with this id, also when it is gone.' })
  token?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Events whose target is the repository of this full name, for example `acme/api`, or a tag of it.',
  })
  repository?: string | null

  @Field(() => DateTime, { nullable: true, description: 'Events at this moment or later.' })
  from?: Date | null

  @Field(() => DateTime, { nullable: true, description: 'Events before this moment.' })
  to?: Date | null
}
