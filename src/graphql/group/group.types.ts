import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { type RepositoryAccess, repositoryAccesses } from '../../domain/model/group.ts'
import type { RepositoryRow } from '../../domain/repository/find-repository.ts'
import { connectionType } from '../connection.ts'
import { Node } from '../node.ts'
import { Repository } from '../repository/repository.types.ts'

export const RepositoryAccessEnum = Object.fromEntries(repositoryAccesses.map((each) => [each, each]))
registerEnumType(RepositoryAccessEnum, {
  name: 'RepositoryAccess',
  description: 'What the members of a group may do with a repository; each includes the one before.',
  valuesConfig: {
    READ: { description: 'See it and pull images.' },
    WRITE: { description: 'Push images, too.' },
    ADMIN: { description: 'Delete images, change the description and who sees it, and delete the repository, too.' },
  },
})

@ObjectType({
  implements: Node,
  description: 'Members of an organization who are given access to repositories together.',
  simpleResolvers: true,
})
export class Group extends Node {
  @Field(() => String, { description: 'What people call it; unique in the organization.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is for; null when nobody said.' })
  description!: string | null
}

export const GroupConnection = connectionType<Group>('Group', () => Group, 'groups')

@ObjectType({ description: 'A repository that a group is given.', simpleResolvers: true })
export class GroupRepositoryAccess {
  @Field(() => Repository, { description: 'The repository.' })
  repository!: RepositoryRow

  @Field(() => RepositoryAccessEnum, { description: 'What the members of the group may do with it.' })
  access!: RepositoryAccess
}
