import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'
import { type RepositoryAccess, repositoryAccesses } from '../../domain/model/group.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { connectionType } from '../connection.ts'
import { Node } from '../node.ts'
import { Repository } from '../repository/repository.types.ts'

export const RepositoryAccessEnum = Object.fromEntries(repositoryAccesses.map((each) => [each, each]))
registerEnumType(RepositoryAccessEnum, {
  name: 'RepositoryAccess',
  description: 'Access of a group to a repository. Each value includes those before it.',
  valuesConfig: {
    READ: { description: 'See the repository and pull images.' },
    WRITE: { description: 'Also push images.' },
    ADMIN: { description: 'Also delete images, change description and visibility, and delete the repository.' },
  },
})

@ObjectType({
  implements: Node,
  description: 'Group: members of an organization with common access to some of its repositories.',
  simpleResolvers: true,
})
export class Group extends Node {
  @Field(() => String, { description: 'Name, unique in the organization.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Purpose. Null if not set.' })
  description!: string | null
}

export const GroupConnection = connectionType<Group>('Group', () => Group, 'groups')

@ObjectType({ description: 'Repository that a group has access to.', simpleResolvers: true })
export class GroupRepositoryAccess {
  @Field(() => ID, { description: 'Id for caches, unique among the access of groups. `node` does not find it.' })
  id!: string

  @Field(() => Repository, { description: 'The repository.' })
  repository!: RepositoryRow

  @Field(() => RepositoryAccessEnum, { description: "Access of the group's members to it." })
  access!: RepositoryAccess
}
