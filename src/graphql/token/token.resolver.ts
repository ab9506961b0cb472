import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import { permissionDefinitions } from '../../domain/model/permission.ts'
import { activateToken } from '../../domain/token/activate-token.ts'
import { deactivateToken } from '../../domain/token/deactivate-token.ts'
import { deleteToken } from '../../domain/token/delete-token.ts'
import { generateOrganizationToken } from '../../domain/token/generate-organization-token.ts'
import { rotateToken } from '../../domain/token/rotate-token.ts'
import { findToken } from '../../domain/token/token-store.ts'
import { updateToken } from '../../domain/token/update-token.ts'
import type { Context } from '../context.ts'
import { deletePayloadType, toDeleted } from '../delete-payload.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { AccessToken } from './access-token.types.ts'
import { type AccessTokenNode, toAccessToken, tokenTypename } from './access-token-node.ts'
import { PermissionDefinition } from './scope.types.ts'
import { GenerateOrganizationTokenInput, RotateTokenInput, UpdateTokenInput } from './token.inputs.ts'

const accessTokenField = { nullable: true, description: 'The token. Null if there are `userErrors`.' } as const

@ObjectType({ description: 'Result of generating or rotating a token.', simpleResolvers: true })
export class GenerateTokenPayload {
  @Field(() => AccessToken, accessTokenField)
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description:
      'Secret: the password for `docker login`. It is shown only here and only once, so store it now. Treat it like ' +
      'a password: keep it in a secret store and out of code, images and logs. Give each use its own token with only ' +
      'the permissions that it needs, let it expire, rotate it, and delete it when it may have leaked. Null if an ' +
      'idempotency key repeats an earlier request, and if there are `userErrors`.',
  })
  secret!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'Result of changing a token.', simpleResolvers: true })
export class AccessTokenPayload {
  @Field(() => AccessToken, accessTokenField)
  accessToken!: AccessTokenNode | null

  @UserErrorsField()
  userErrors!: UserError[]
}

export const DeleteTokenPayload = deletePayloadType('DeleteTokenPayload', 'Result of deleting a token.')

const idArgument = { description: 'Id of the token.' }

/** A token that has just been generated or changed. Does not check the caller. */
export async function nodeOf(context: Context, id: string, info: GraphQLResolveInfo): Promise<AccessTokenNode | null> {
  return toAccessToken(context, await findToken(context.em, id), info)
}

@Resolver()
export class TokenOperations {
  @Query(() => AccessToken, {
    nullable: true,
    description: 'Access token by id. Null if it does not exist or the caller cannot see it.',
  })
  async accessToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AccessTokenNode | null> {
    return toAccessToken(context, await context.loaders.visibleToken.load(id), info)
  }

  @Query(() => [PermissionDefinition], { description: 'All permissions, with descriptions, for forms.' })
  availablePermissions(): readonly PermissionDefinition[] {
    return permissionDefinitions
  }

  @Mutation(() => GenerateTokenPayload, {
    description: 'Generates an organization token. Only for owners of the organization and of its company.',
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
      'Changes an active organization token, or a personal token that has not expired. Only for people who manage ' +
      'the token.',
  })
  updateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => UpdateTokenInput, { description: 'The changes.' }) input: UpdateTokenInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      await updateToken(context, id, input)
      return { accessToken: await nodeOf(context, id, info) }
    })
  }

  @Mutation(() => AccessTokenPayload, {
    description:
      'Deactivates a token, which is then rejected at once. An inactive organization token can only be deleted, ' +
      'unless the policy of the organization allows activation. Only for people who manage the token.',
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
      'Activates a personal token, or an organization token if the policy of the organization allows it. Only for ' +
      'people who manage the token.',
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
      'Rotates an active token: generates a new secret, and changes nothing else. The old secret expires at once ' +
      'or after the grace period. Another rotation within the grace period ends the old secret, or the new one if ' +
      'it was never used. Only for people who manage the token, and for an organization token itself with ' +
      'TOKEN_ROTATE_SELF, if the policy of the organization allows it. Tokens of devices cannot be rotated.',
  })
  rotateToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => RotateTokenInput, {
      nullable: true,
      description: 'Options. If omitted, the old secret expires at once.',
    })
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
      'Deletes a token of any status. An organization token no longer counts against the plan. The next use of an ' +
      'active token of a device creates it again, unless the device is signed out. Only for people who manage the ' +
      'token.',
  })
  deleteToken(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('signOut', () => Boolean, {
      defaultValue: false,
      description: 'Whether the device of the token is signed out, too. Other tokens have no device.',
    })
    signOut: boolean,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { access, namespace } = await deleteToken(context, id, { signOut })
      const deleted = await toDeleted(context, info, tokenTypename(access !== null), id, namespace)
      return { ...deleted, userId: access === null ? null : namespace }
    })
  }
}
