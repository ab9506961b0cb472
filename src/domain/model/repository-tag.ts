import { defineEntity, p } from '@mikro-orm/postgresql'
import { activityActorKinds } from './activity-event.ts'
import { Namespace } from './namespace.ts'
import { Repository } from './repository.ts'

export const RepositoryTagSchema = defineEntity({
  name: 'RepositoryTag',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    repository: () => p.manyToOne(Repository).mapToPk().primary(),
    name: p.text().primary(),
    digest: p.text(),
    mediaType: p.text(),
    pushedAt: p.datetime(),
    actorKind: p.enum(activityActorKinds),
    actorId: p.text().nullable(),
    actorName: p.text(),
  },
})

/** A tag of a repository and its manifest, as the registry reported the latest push. */
export class RepositoryTag extends RepositoryTagSchema.class {}
RepositoryTagSchema.setClass(RepositoryTag)
