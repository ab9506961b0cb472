import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import { permissionDefinitions } from '../../domain/model/permission.ts'
import { activateToken } from '../../domain/token/activate-token.ts'
import { deactivateToken } from '../../domain/token/deactivate-token.ts'
import { deleteToken } from '../../domain/token/delete-token.ts'
import { findToken } from '../../domain/token/find-token.ts'
import { generateOrganizationToken } from '../../domain/token/generate-organization-token.ts'
import { findVisibleToken } from '../../domain/token/require-token.ts'
import { rotateToken } from '../../domain/token/rotate-token.ts'
import { updateToken } from '../../domain/token/update-token.ts'
import type { Context } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { AccessToken } from './access-token.types.ts'
import { type AccessTokenNode, toAccessToken } from './access-token-node.ts'
import { PermissionDefinition } from './scope.types.ts'
import { GenerateOrganizationTokenInput, RotateTokenInput, UpdateTokenInput } from './token.inputs.ts'

const accessTokenField = { nullable: true, description: 'The token; null when `userErrors` is not empty.' } as const

@ObjectType({ description: 'A token with a new secret: generated, or rotated.', simpleResolvers: true })
export class GenerateTokenPayload {
  @Field(() => AccessToken, accessTokenField)
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description:
      'The secret: the password of `docker login`. It is shown here, once, and nowhere else ever; keep it now. Null when an idempotency key answers what was done before.',
  })
  secret!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A token that was changed.', simpleResolvers: true })
export class AccessTokenPayload {
  @Field(() => AccessToken, accessTokenField)
  accessToken!: AccessTokenNode | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A token that was deleted.', simpleResolvers: true })
export class DeleteTokenPayload {
  @Field(() => ID, { nullable: true, description: 'The id it had; null when `userErrors` is not empty.' })
  deletedId!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const idArgument = { description: "The token's id." }

/** A token that has just been made or changed, whoever asks. */
export async function nodeOf(context: Context, id: string, info: GraphQLResolveInfo): Promise<AccessTokenNode | null> {
  return toAccessToken(context, await findToken(context.em, id), info)
}

@Resolver()
export class TokenOperations {
  @Query(() => AccessToken, {
    nullable: true,
    description: 'The token of that id; null when there is none that the caller may see.',
  })
  async accessToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AccessTokenNode | null> {
    return toAccessToken(context, await findVisibleToken(context, id), info)
  }

  @Query(() => [PermissionDefinition], { description: 'The catalogue of permissions, to build forms from.' })
  availablePermissions(): readonly PermissionDefinition[] {
    return permissionDefinitions
  }

  @Mutation(() => GenerateTokenPayload, {
    description: 'Generates an organization token. For owners of the organization and of its company.',
  })
  generateOrganizationToken(
    @Ctx() context: Context,
    @Arg('input', () => GenerateOrganizationTokenInput, { description: 'The token to generate.' })
    input: GenerateOrganizationTokenInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { tokenId, secret } = await generateOrganizationToken(context, input)
      return { accessToken: await nodeOf(context, tokenId, info), secret: secret?.reveal() ?? null }
    })
  }

  @Mutation(() => AccessTokenPayload, {
    description:
      'Changes an active token of an organization, or a personal one that has not expired. For those who manage it.',
  })
  updateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => UpdateTokenInput, { description: 'What to change.' }) input: UpdateTokenInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      await updateToken(context, id, input)
      return { accessToken: await nodeOf(context, id, info) }
    })
  }

  @Mutation(() => AccessTokenPayload, {
    description:
      'Deactivates a token: it is refused at once. That of an organization can then only be deleted, unless the policy of the organization says otherwise. For those who manage it.',
  })
  deactivateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      await deactivateToken(context, id)
      return { accessToken: await nodeOf(context, id, info) }
    })
  }

  @Mutation(() => AccessTokenPayload, {
    description:
      'Activates a personal token, or that of an organization whose policy allows it; any other inactive organization token can only be deleted. For those who manage it.',
  })
  activateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      await activateToken(context, id)
      return { accessToken: await nodeOf(context, id, info) }
    })
  }

  @Mutation(() => GenerateTokenPayload, {
    description:
      'Gives an active token a new secret, under the same id and with all else as it was. The old one ends at once, or after a grace. Rotated again in that time, the token loses the old one at once, or the new one if that has not been used yet. For those who manage the token; not for tokens of devices.',
  })
  rotateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => RotateTokenInput, { nullable: true, description: 'How; absent: the old secret ends at once.' })
    input: RotateTokenInput | null,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { tokenId, secret } = await rotateToken(context, id, input ?? {})
      return { accessToken: await nodeOf(context, tokenId, info), secret: secret?.reveal() ?? null }
    })
  }

  @Mutation(() => DeleteTokenPayload, {
    description:
      'Deletes a token of any status, which frees its place in the plan, and signs its device out. For those who manage it.',
  })
  deleteToken(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, async () => {
      await deleteToken(context, id)
      return { deletedId: id }
    })
  }
}
