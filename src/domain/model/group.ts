import { defineEntity, p } from '@mikro-orm/postgresql'
import { Organization } from './organization.ts'
import { Repository } from './repository.ts'
import { User } from './user.ts'

/** What a group may do with a repository. Each includes the one before it. */
export const repositoryAccesses = ['READ', 'WRITE', 'ADMIN'] as const
export type RepositoryAccess = (typeof repositoryAccesses)[number]

export const GroupSchema = defineEntity({
  name: 'Group',
  tableName: 'member_group',
  properties: {
    id: p.text().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    name: p.text(),
    description: p.text().nullable(),
    createdAt: p.datetime(),
  },
})

/** A group of members of an organization, with access to repositories. */
export class Group extends GroupSchema.class {}
GroupSchema.setClass(Group)

export const GroupMembershipSchema = defineEntity({
  name: 'GroupMembership',
  properties: {
    group: () => p.manyToOne(Group).mapToPk().primary(),
    user: () => p.manyToOne(User).mapToPk().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    joinedAt: p.datetime(),
  },
})

/** The membership of a person in a group. */
export class GroupMembership extends GroupMembershipSchema.class {}
GroupMembershipSchema.setClass(GroupMembership)

export const GroupRepositorySchema = defineEntity({
  name: 'GroupRepository',
  properties: {
    group: () => p.manyToOne(Group).mapToPk().primary(),
    repository: () => p.manyToOne(Repository).mapToPk().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    access: p.enum(repositoryAccesses),
  },
})

/** The access of a group to a repository of its organization. */
export class GroupRepository extends GroupRepositorySchema.class {}
GroupRepositorySchema.setClass(GroupRepository)
