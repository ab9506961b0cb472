import { Field, ObjectType, registerEnumType } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { ActivityActor as Actor } from '../../domain/journal/record-activity.ts'
import { activityActorKinds } from '../../domain/model/activity-event.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'
import { AccessToken } from '../token/access-token.types.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'

export const ActivityActorKindEnum = Object.fromEntries(activityActorKinds.map((kind) => [kind, kind]))
registerEnumType(ActivityActorKindEnum, {
  name: 'ActivityActorKind',
  description: 'What kind of caller did something.',
  valuesConfig: {
    USER: { description: 'A person, signed in or with their password.' },
    PERSONAL_TOKEN: { description: 'A personal token, for the person whose it is.' },
    ORGANIZATION_TOKEN: { description: 'A token of the organization.' },
    SYSTEM: { description: 'Nobody who is known: Postern itself, or somebody who could not be authenticated.' },
  },
})

@ObjectType({ description: 'Who did something.', simpleResolvers: true })
export class ActivityActor {
  @Field(() => ActivityActorKindEnum, { description: 'What kind of caller it was.' })
  kind!: Actor['kind']

  @Field(() => String, {
    description:
      'The username, also of the person behind a personal token; the name of the organization whose token it was.',
  })
  name!: string

  @Field(() => User, {
    nullable: true,
    description: 'The person, also behind a personal token; null when there was none, and once that account is gone.',
  })
  user!: UserRow | null
}

@ObjectType({ description: 'A particular of what happened.', simpleResolvers: true })
export class ActivityDetail {
  @Field(() => String, { description: 'What it is, for example `scopes`.' })
  key!: string

  @Field(() => String, { description: 'What it was, in words. Never a secret.' })
  value!: string
}

@ObjectType({
  implements: Node,
  description: 'One thing that was done in an organization. It stays when what it tells of is gone.',
  simpleResolvers: true,
})
export class ActivityEvent extends Node {
  @Field(() => DateTime, { description: 'When.' })
  at!: string

  @Field(() => String, { description: 'What was done, for example `access_token.create`.' })
  action!: string

  @Field(() => ActivityActor, { description: 'Who did it.' })
  actor!: ActivityActor

  @Field(() => AccessToken, {
    nullable: true,
    description:
      'The token it was done to, or else with; null when there was none or it is gone, and where the caller may not see it: a token sees none but itself, and nobody the personal token of another.',
  })
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description: 'The label that the token had, also when it is gone; null when there was none.',
  })
  tokenLabel!: string | null

  @Field(() => String, {
    description: "What it was done to: a repository's full name, a token's label, a username.",
  })
  target!: string

  @Field(() => String, { nullable: true, description: 'From which address; null when it is not known.' })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'With which client, as it names itself; null when it did not.' })
  userAgent!: string | null

  @Field(() => [ActivityDetail], { description: 'The particulars, by key.' })
  data!: readonly ActivityDetail[]
}

export const ActivityEventConnection = connectionType<ActivityEvent>(
  'ActivityEvent',
  () => ActivityEvent,
  'activity events',
)
