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

/** A tag of a repository and the manifest that it names, as the registry told of the latest push. */
export class RepositoryTag extends RepositoryTagSchema.class {}
RepositoryTagSchema.setClass(RepositoryTag)

export const RegistryEventSchema = defineEntity({
  name: 'RegistryEvent',
  properties: { id: p.text().primary(), receivedAt: p.datetime() },
})

/** A notification of a registry that has been taken in, by the registry's id: it may come again. */
export class RegistryEvent extends RegistryEventSchema.class {}
RegistryEventSchema.setClass(RegistryEvent)
