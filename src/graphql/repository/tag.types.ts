import { Field, ID, ObjectType } from 'type-graphql'
import type { ActivityActor as Actor } from '../../domain/journal/record-activity.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { ActivityActor } from '../activity/activity-event.types.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Repository } from './repository.types.ts'

@ObjectType({
  description: 'Tag of a repository, as of the last push that a registry reported.',
  simpleResolvers: true,
})
export class RepositoryTag {
  @Field(() => ID, { description: 'Id for caches, unique among tags. `node` does not find it.' })
  id!: string

  @Field(() => Repository, { description: 'Repository of the tag.' })
  repository!: RepositoryRow

  @Field(() => String, { description: 'Name, for example `1.0`.' })
  name!: string

  @Field(() => String, {
    description: 'Digest of the manifest, for example `sha256:f33b…`. Pull by digest to get exactly this image.',
  })
  digest!: string

  @Field(() => String, {
    description: 'Media type of the manifest, which distinguishes an image from an index of several.',
  })
  mediaType!: string

  @Field(() => DateTime, { description: 'Time of the push.' })
  pushedAt!: string

  @Field(() => ActivityActor, { description: 'The caller who pushed it.' })
  pushedBy!: Actor
}

export const RepositoryTagConnection = connectionType<RepositoryTag>('RepositoryTag', () => RepositoryTag, 'tags')
