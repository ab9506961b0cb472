import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import type { RepositoryVisibility } from '../../domain/model/repository.ts'
import { createRepository } from '../../domain/repository/create-repository.ts'
import { deleteRepository } from '../../domain/repository/delete-repository.ts'
import { findRepository, type RepositoryRow } from '../../domain/repository/find-repository.ts'
import { updateRepository } from '../../domain/repository/update-repository.ts'
import type { Context } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Repository, RepositoryVisibilityEnum } from './repository.types.ts'

@InputType({ description: 'A new repository.' })
export class CreateRepositoryInput {
  @Field(() => String, { description: 'The full name, for example `acme/api` or `acme/team/api`.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it holds, up to 1000 characters.' })
  description?: string | null

  @Field(() => RepositoryVisibilityEnum, { defaultValue: 'PRIVATE', description: 'Who may pull from it.' })
  visibility!: RepositoryVisibility
}

@InputType({ description: 'Changes to a repository. What is absent stays as it is.' })
export class UpdateRepositoryInput {
  @Field(() => String, { nullable: true, description: 'What it holds; null takes the description away.' })
  description?: string | null

  @Field(() => RepositoryVisibilityEnum, {
    nullable: true,
    description: 'Who may pull from it; takes REPOSITORY_ADMIN.',
  })
  visibility?: RepositoryVisibility | null
}

@ObjectType({ description: 'A repository that was made or changed.', simpleResolvers: true })
export class RepositoryPayload {
  @Field(() => Repository, { nullable: true, description: 'The repository; null when `userErrors` is not empty.' })
  repository!: RepositoryRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A repository that was deleted.', simpleResolvers: true })
export class DeleteRepositoryPayload {
  @Field(() => ID, { nullable: true, description: 'The id it had; null when `userErrors` is not empty.' })
  deletedId!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const nameArgument = { description: 'The full name, for example `acme/api`.' }

@Resolver()
export class RepositoryOperations {
  @Query(() => Repository, {
    nullable: true,
    description: 'The repository of that name; null when there is none that the caller may see.',
  })
  repository(
    @Ctx() { em, principal }: Context,
    @Arg('name', () => String, nameArgument) name: string,
  ): Promise<RepositoryRow | null> {
    return findRepository(em, principal, name)
  }

  @Mutation(() => RepositoryPayload, {
    description:
      'Makes a repository. For owners and editors of the organization, its tokens with REPOSITORY_CREATE, and for a person in their own namespace.',
  })
  createRepository(
    @Ctx() context: Context,
    @Arg('input', () => CreateRepositoryInput, { description: 'The repository to make.' }) input: CreateRepositoryInput,
  ) {
    return toPayload(context, async () => ({ repository: await createRepository(context, input) }))
  }

  @Mutation(() => RepositoryPayload, {
    description:
      'Changes a repository. The description takes REPOSITORY_EDIT, as editors have it; who sees it REPOSITORY_ADMIN, as owners do.',
  })
  updateRepository(
    @Ctx() context: Context,
    @Arg('name', () => String, nameArgument) name: string,
    @Arg('input', () => UpdateRepositoryInput, { description: 'What to change.' }) input: UpdateRepositoryInput,
  ) {
    return toPayload(context, async () => ({ repository: await updateRepository(context, name, input) }))
  }

  @Mutation(() => DeleteRepositoryPayload, {
    description:
      "Deletes a repository, and takes it out of every token's scopes. It takes REPOSITORY_ADMIN. Its images in the registry are not touched.",
  })
  deleteRepository(@Ctx() context: Context, @Arg('name', () => String, nameArgument) name: string) {
    return toPayload(context, async () => ({ deletedId: await deleteRepository(context, name) }))
  }
}
