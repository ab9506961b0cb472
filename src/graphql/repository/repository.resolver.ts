import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, Info, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { RepositoryVisibility } from '../../domain/model/repository.ts'
import { createRepository } from '../../domain/repository/create-repository.ts'
import { deleteRepository } from '../../domain/repository/delete-repository.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { updateRepository } from '../../domain/repository/update-repository.ts'
import type { Context } from '../context.ts'
import { deletePayloadType, toDeleted } from '../delete-payload.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Repository, RepositoryVisibilityEnum } from './repository.types.ts'

@InputType({ description: 'A new repository.' })
export class CreateRepositoryInput {
  @Field(() => String, { description: 'Full name, for example `acme/api` or `acme/team/api`.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Description of its contents, up to 1000 characters.' })
  description?: string | null

  @Field(() => RepositoryVisibilityEnum, { defaultValue: 'PRIVATE', description: 'Who can pull from the repository.' })
  visibility!: RepositoryVisibility
}

@InputType({ description: 'Changes to a repository. Omitted fields do not change.' })
export class UpdateRepositoryInput {
  @Field(() => String, {
    nullable: true,
    description: 'Description of its contents, up to 1000 characters. Null removes it.',
  })
  description?: string | null

  @Field(() => RepositoryVisibilityEnum, {
    nullable: true,
    description: 'Who can pull from the repository. Requires REPOSITORY_ADMIN.',
  })
  visibility?: RepositoryVisibility | null
}

@ObjectType({ description: 'Result of creating or changing a repository.', simpleResolvers: true })
export class RepositoryPayload {
  @Field(() => Repository, { nullable: true, description: 'The repository. Null if there are `userErrors`.' })
  repository!: RepositoryRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

export const DeleteRepositoryPayload = deletePayloadType('DeleteRepositoryPayload', 'Result of deleting a repository.')

const nameArgument = { description: 'Full name, for example `acme/api`.' }

@Resolver()
export class RepositoryOperations {
  @Query(() => Repository, {
    nullable: true,
    description: 'Repository by name. Null if it does not exist or the caller cannot see it.',
  })
  repository(
    @Ctx() { loaders }: Context,
    @Arg('name', () => String, nameArgument) name: string,
  ): Promise<RepositoryRow | null> {
    return loaders.repositoryByName.load(name)
  }

  @Mutation(() => RepositoryPayload, {
    description:
      'Creates a repository. Only for owners and editors of the organization, for its tokens with ' +
      'REPOSITORY_CREATE, and for people in their own namespace.',
  })
  createRepository(
    @Ctx() context: Context,
    @Arg('input', () => CreateRepositoryInput, { description: 'The repository to create.' })
    input: CreateRepositoryInput,
  ) {
    return toPayload(context, async () => ({ repository: await createRepository(context, input) }))
  }

  @Mutation(() => RepositoryPayload, {
    description:
      'Changes a repository. The description requires REPOSITORY_EDIT, which editors have; the visibility requires ' +
      'REPOSITORY_ADMIN, which owners have.',
  })
  updateRepository(
    @Ctx() context: Context,
    @Arg('name', () => String, nameArgument) name: string,
    @Arg('input', () => UpdateRepositoryInput, { description: 'The changes.' }) input: UpdateRepositoryInput,
  ) {
    return toPayload(context, async () => ({ repository: await updateRepository(context, name, input) }))
  }

  @Mutation(() => DeleteRepositoryPayload, {
    description:
      'Deletes a repository, and removes it from the scopes of all tokens. Requires REPOSITORY_ADMIN. Its images ' +
      'stay in the registry.',
  })
  deleteRepository(
    @Ctx() context: Context,
    @Arg('name', () => String, nameArgument) name: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { id, namespaceId } = await deleteRepository(context, name)
      return toDeleted(context, info, 'Repository', id, namespaceId)
    })
  }
}
