import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'

export const repositoryVisibilities = ['PUBLIC', 'PRIVATE'] as const
export type RepositoryVisibility = (typeof repositoryVisibilities)[number]

export const RepositorySchema = defineEntity({
  name: 'Repository',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    path: p.text(),
    description: p.text().nullable(),
    visibility: p.enum(repositoryVisibilities),
    createdAt: p.datetime(),
  },
})

/** A repository of images. Its name is the namespace's name, a slash and the path. */
export class Repository extends RepositorySchema.class {}
RepositorySchema.setClass(Repository)
