import { Field, ObjectType } from 'type-graphql'
import type { ActivityActor as Actor } from '../../domain/journal/record-activity.ts'
import { ActivityActor } from '../activity/activity-event.types.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'

@ObjectType({
  description: 'A tag of a repository, as the registry told of its latest push.',
  simpleResolvers: true,
})
export class RepositoryTag {
  @Field(() => String, { description: 'The name, for example `1.0`.' })
  name!: string

  @Field(() => String, {
    description:
      'The digest of the manifest that the tag names, for example `sha256:f33b…`: pull by it to get this very image.',
  })
  digest!: string

  @Field(() => String, {
    description: 'The media type of the manifest, which tells an image from an index of several.',
  })
  mediaType!: string

  @Field(() => DateTime, { description: 'When it was pushed.' })
  pushedAt!: string

  @Field(() => ActivityActor, { description: 'Who pushed it.' })
  pushedBy!: Actor
}

export const RepositoryTagConnection = connectionType<RepositoryTag>('RepositoryTag', () => RepositoryTag, 'tags')
