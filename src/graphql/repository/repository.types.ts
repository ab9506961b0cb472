import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { type RepositoryVisibility, repositoryVisibilities } from '../../domain/model/repository.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

export const RepositoryVisibilityEnum = Object.fromEntries(repositoryVisibilities.map((each) => [each, each]))
registerEnumType(RepositoryVisibilityEnum, {
  name: 'RepositoryVisibility',
  description: 'Who can pull from a repository.',
  valuesConfig: {
    PUBLIC: { description: 'Everyone, including anonymous clients.' },
    PRIVATE: { description: 'Only callers with a permission on the repository.' },
  },
})

@ObjectType({ implements: Node, description: 'Repository of container images.', simpleResolvers: true })
export class Repository extends Node {
  @Field(() => String, { description: 'Full name, as in `docker pull REGISTRY/NAME`, for example `acme/api`.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Description of its contents. Null if not set.' })
  description!: string | null

  @Field(() => RepositoryVisibilityEnum, { description: 'Who can pull from the repository.' })
  visibility!: RepositoryVisibility

  @Field(() => DateTime, { description: 'Time when the repository was created.' })
  createdAt!: string
}

export const RepositoryConnection = connectionType<Repository>('Repository', () => Repository, 'repositories')
