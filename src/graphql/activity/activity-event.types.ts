import { Field, ObjectType, registerEnumType } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { ActivityActor as Actor } from '../../domain/journal/record-activity.ts'
import type { ActivityAction } from '../../domain/model/activity-action.ts'
import { activityActorKinds } from '../../domain/model/activity-event.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'
import { AccessToken } from '../token/access-token.types.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'
import { ActivityActionEnum } from './activity-action.types.ts'

export const ActivityActorKindEnum = Object.fromEntries(activityActorKinds.map((kind) => [kind, kind]))
registerEnumType(ActivityActorKindEnum, {
  name: 'ActivityActorKind',
  description: 'Kind of caller that did something.',
  valuesConfig: {
    USER: { description: 'A person, with a session or a password.' },
    PERSONAL_TOKEN: { description: 'A personal token, on behalf of its owner.' },
    ORGANIZATION_TOKEN: { description: 'An organization token.' },
    SYSTEM: {
      description:
        'Postern itself, a caller who was not authenticated, or a visitor from elsewhere, under a pseudonym.',
    },
  },
})

@ObjectType({ description: 'Actor: the caller who did something.', simpleResolvers: true })
export class ActivityActor {
  @Field(() => ActivityActorKindEnum, { description: 'Kind of caller.' })
  kind!: Actor['kind']

  @Field(() => String, {
    description:
      "Username of the person or of the personal token's owner; name of the organization for an organization token.",
  })
  name!: string

  @Field(() => User, {
    nullable: true,
    description:
      'The person, or the owner of the personal token. Null if there was no person, and after the account is ' +
      'deleted.',
  })
  user!: UserRow | null
}

@ObjectType({ description: 'Detail of an activity event.', simpleResolvers: true })
export class ActivityDetail {
  @Field(() => String, { description: 'Name of the detail, for example `scopes`.' })
  key!: string

  @Field(() => String, { description: 'Value as text. Never contains a secret.' })
  value!: string
}

@ObjectType({
  implements: Node,
  description: 'Activity event: an entry of the activity log. It stays when its subject is deleted.',
  simpleResolvers: true,
})
export class ActivityEvent extends Node {
  @Field(() => DateTime, { description: 'Time of the event.' })
  at!: string

  @Field(() => ActivityActionEnum, {
    nullable: true,
    description: 'Kind of event. Null for a kind that a newer version of Postern recorded.',
  })
  kind!: ActivityAction | null

  @Field(() => String, {
    description: 'Action as in exports and webhooks, for example `access_token.create`.',
    deprecationReason: 'Use `kind`, which has the same values as an enum.',
  })
  action!: string

  @Field(() => ActivityActor, { description: 'The caller who did it.' })
  actor!: ActivityActor

  @Field(() => AccessToken, {
    nullable: true,
    description:
      'The token that was changed, or that the actor used. Null if there was no token, if it was deleted, or if ' +
      'the caller cannot see it: tokens can see only themselves, and nobody can see the personal token of another ' +
      'person.',
  })
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description: 'Label of the token at that time, also after the token is deleted. Null if there was no token.',
  })
  tokenLabel!: string | null

  @Field(() => String, {
    description:
      'Target of the action: for example the full name of a repository, the label of a token, or a username.',
  })
  target!: string

  @Field(() => String, {
    nullable: true,
    description: 'IP address of the caller, or the network of a visitor. Null if unknown.',
  })
  ipAddress!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Client of the caller, as in its User-Agent header. Null if it sent no such header.',
  })
  userAgent!: string | null

  @Field(() => [ActivityDetail], { description: 'Details, sorted by key.' })
  data!: readonly ActivityDetail[]
}

export const ActivityEventConnection = connectionType<ActivityEvent>(
  'ActivityEvent',
  () => ActivityEvent,
  'activity events',
)
