import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { addGroupMember } from '../../domain/group/add-group-member.ts'
import { createGroup } from '../../domain/group/create-group.ts'
import { deleteGroup } from '../../domain/group/delete-group.ts'
import type { GroupRow } from '../../domain/group/group-store.ts'
import { removeGroupMember } from '../../domain/group/remove-group-member.ts'
import { setGroupRepositoryAccess } from '../../domain/group/set-group-repository-access.ts'
import { updateGroup } from '../../domain/group/update-group.ts'
import type { RepositoryAccess } from '../../domain/model/group.ts'
import type { Context } from '../context.ts'
import { deletePayloadType, toDeleted } from '../delete-payload.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Group, RepositoryAccessEnum } from './group.types.ts'

@InputType({ description: 'A new group.' })
export class CreateGroupInput {
  @Field(() => String, { description: 'Name of the organization of the group.' })
  organization!: string

  @Field(() => String, {
    description: 'Name, unique in the organization: 1 to 60 lower-case letters and digits, with hyphens between them.',
  })
  name!: string

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters.' })
  description?: string | null
}

@InputType({ description: 'Changes to a group. Omitted fields do not change.' })
export class UpdateGroupInput {
  @Field(() => String, {
    nullable: true,
    description: 'Name, unique in the organization: 1 to 60 lower-case letters and digits, with hyphens between them.',
  })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters. Null removes it.' })
  description?: string | null
}

@ObjectType({ description: 'Result of creating or changing a group.', simpleResolvers: true })
export class GroupPayload {
  @Field(() => Group, { nullable: true, description: 'The group. Null if there are `userErrors`.' })
  group!: GroupRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

export const DeleteGroupPayload = deletePayloadType('DeleteGroupPayload', 'Result of deleting a group.')

const groupArgument = { description: 'Id of the group.' }
const onlyForEditors =
  'Only for owners of the organization and of its company, and for organization tokens with GROUP_EDIT.'

@Resolver()
export class GroupOperations {
  @Mutation(() => GroupPayload, {
    description: `Creates a group without members and repositories. ${onlyForEditors}`,
  })
  createGroup(
    @Ctx() context: Context,
    @Arg('input', () => CreateGroupInput, { description: 'The group to create.' }) input: CreateGroupInput,
  ) {
    return toPayload(context, async () => ({ group: await createGroup(context, input) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Changes the name or description of a group. Its members and repositories stay. ${onlyForEditors}`,
  })
  updateGroup(
    @Ctx() context: Context,
    @Arg('id', () => ID, groupArgument) id: string,
    @Arg('input', () => UpdateGroupInput, { description: 'The changes.' }) input: UpdateGroupInput,
  ) {
    return toPayload(context, async () => ({ group: await updateGroup(context, id, input) }))
  }

  @Mutation(() => DeleteGroupPayload, {
    description: `Deletes a group. Its members lose the access that only this group gave them. ${onlyForEditors}`,
  })
  deleteGroup(
    @Ctx() context: Context,
    @Arg('id', () => ID, groupArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { id: deletedId, organizationId } = await deleteGroup(context, id)
      return toDeleted(context, info, 'Group', deletedId, organizationId)
    })
  }

  @Mutation(() => GroupPayload, {
    description: `Adds a member of the organization to a group. ${onlyForEditors}`,
  })
  addGroupMember(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('username', () => String, { description: 'Username of a member of the organization.' }) username: string,
  ) {
    return toPayload(context, async () => ({ group: await addGroupMember(context, group, username) }))
  }

  @Mutation(() => GroupPayload, {
    description:
      'Removes a member from a group. The member loses the access that only this group gave. ' +
      `${onlyForEditors} Members can also remove themselves.`,
  })
  removeGroupMember(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('username', () => String, { description: 'Username of the member.' }) username: string,
  ) {
    return toPayload(context, async () => ({ group: await removeGroupMember(context, group, username) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Sets the access of a group to a repository of its organization. ${onlyForEditors}`,
  })
  setGroupRepositoryAccess(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('repository', () => String, { description: 'Full name, for example `acme/api`.' }) repository: string,
    @Arg('access', () => RepositoryAccessEnum, {
      nullable: true,
      description: "New access of the group's members. Null removes the access.",
    })
    access: RepositoryAccess | null | undefined,
  ) {
    return toPayload(context, async () => ({
      group: await setGroupRepositoryAccess(context, group, repository, access ?? null),
    }))
  }
}
