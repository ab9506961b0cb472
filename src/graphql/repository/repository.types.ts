import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { type RepositoryVisibility, repositoryVisibilities } from '../../domain/model/repository.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

export const RepositoryVisibilityEnum = Object.fromEntries(repositoryVisibilities.map((each) => [each, each]))
registerEnumType(RepositoryVisibilityEnum, {
  name: 'RepositoryVisibility',
  description: 'Who may pull from a repository.',
  valuesConfig: {
    PUBLIC: { description: 'Everyone, without logging in.' },
    PRIVATE: { description: 'Those who hold a permission on it.' },
  },
})

@ObjectType({ implements: Node, description: 'A repository of container images.', simpleResolvers: true })
export class Repository extends Node {
  @Field(() => String, { description: 'The full name, as in `docker pull REGISTRY/NAME`: for example `acme/api`.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it holds, in words; null when nobody said.' })
  description!: string | null

  @Field(() => RepositoryVisibilityEnum, { description: 'Who may pull from it.' })
  visibility!: RepositoryVisibility

  @Field(() => DateTime, { description: 'When the repository was made.' })
  createdAt!: string
}

export const RepositoryConnection = connectionType<Repository>('Repository', () => Repository, 'repositories')
