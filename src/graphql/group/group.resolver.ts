import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { addGroupMember } from '../../domain/group/add-group-member.ts'
import { createGroup } from '../../domain/group/create-group.ts'
import { deleteGroup } from '../../domain/group/delete-group.ts'
import type { GroupRow } from '../../domain/group/group-store.ts'
import { removeGroupMember } from '../../domain/group/remove-group-member.ts'
import { setGroupRepositoryAccess } from '../../domain/group/set-group-repository-access.ts'
import { updateGroup } from '../../domain/group/update-group.ts'
import type { RepositoryAccess } from '../../domain/model/group.ts'
import type { Context } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Group, RepositoryAccessEnum } from './group.types.ts'

@InputType({ description: 'A new group.' })
export class CreateGroupInput {
  @Field(() => String, { description: 'The name of the organization that it is made in.' })
  organization!: string

  @Field(() => String, {
    description: 'What people call it: 1 to 60 lower-case letters and digits, with hyphens between them.',
  })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is for, up to 200 characters.' })
  description?: string | null
}

@InputType({ description: 'Changes to a group. What is absent stays as it is.' })
export class UpdateGroupInput {
  @Field(() => String, {
    nullable: true,
    description: 'What people call it: 1 to 60 lower-case letters and digits, with hyphens between them.',
  })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'What it is for; null takes the description away.' })
  description?: string | null
}

@ObjectType({ description: 'A group that was made or changed.', simpleResolvers: true })
export class GroupPayload {
  @Field(() => Group, { nullable: true, description: 'The group; null when `userErrors` is not empty.' })
  group!: GroupRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A group that was deleted.', simpleResolvers: true })
export class DeleteGroupPayload {
  @Field(() => ID, { nullable: true, description: 'The id it had; null when `userErrors` is not empty.' })
  deletedId!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const groupArgument = { description: "The group's id." }
const forEditors = 'For owners of the organization and of its company, and access tokens with GROUP_EDIT.'

@Resolver()
export class GroupOperations {
  @Mutation(() => GroupPayload, {
    description: `Makes a group, with nobody in it and no repository. ${forEditors}`,
  })
  createGroup(
    @Ctx() context: Context,
    @Arg('input', () => CreateGroupInput, { description: 'The group to make.' }) input: CreateGroupInput,
  ) {
    return toPayload(context, async () => ({ group: await createGroup(context, input) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Changes a group's name or description; what its members may do stays. ${forEditors}`,
  })
  updateGroup(
    @Ctx() context: Context,
    @Arg('id', () => ID, groupArgument) id: string,
    @Arg('input', () => UpdateGroupInput, { description: 'What to change.' }) input: UpdateGroupInput,
  ) {
    return toPayload(context, async () => ({ group: await updateGroup(context, id, input) }))
  }

  @Mutation(() => DeleteGroupPayload, {
    description: `Deletes a group; its members lose what they could do by it alone. ${forEditors}`,
  })
  deleteGroup(@Ctx() context: Context, @Arg('id', () => ID, groupArgument) id: string) {
    return toPayload(context, async () => ({ deletedId: await deleteGroup(context, id) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Puts a member of the organization into a group. ${forEditors}`,
  })
  addGroupMember(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('username', () => String, { description: 'Whom to add: a member of the organization.' }) username: string,
  ) {
    return toPayload(context, async () => ({ group: await addGroupMember(context, group, username) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Takes a person out of a group; they lose what they could do by it alone. Everyone may take themself out. ${forEditors}`,
  })
  removeGroupMember(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('username', () => String, { description: 'Whom to take out.' }) username: string,
  ) {
    return toPayload(context, async () => ({ group: await removeGroupMember(context, group, username) }))
  }

  @Mutation(() => GroupPayload, {
    description: `Says what the members of a group may do with a repository of its organization. ${forEditors}`,
  })
  setGroupRepositoryAccess(
    @Ctx() context: Context,
    @Arg('group', () => ID, groupArgument) group: string,
    @Arg('repository', () => String, { description: 'The full name, for example `acme/api`.' }) repository: string,
    @Arg('access', () => RepositoryAccessEnum, {
      nullable: true,
      description: 'What they may do from now on; null: nothing by this group.',
    })
    access: RepositoryAccess | null | undefined,
  ) {
    return toPayload(context, async () => ({
      group: await setGroupRepositoryAccess(context, group, repository, access ?? null),
    }))
  }
}
