import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql'
import { changePassword } from '../../domain/account/change-password.ts'
import { signIn } from '../../domain/account/sign-in.ts'
import { signOut } from '../../domain/account/sign-out.ts'
import { signUp } from '../../domain/account/sign-up.ts'
import type { StartedSession } from '../../domain/account/start-session.ts'
import { type Context, continueAnonymously, continueWith } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { ChangePasswordInput, SignInInput, SignUpInput } from './account.inputs.ts'
import { Viewer } from './viewer.types.ts'
import { viewerOf } from './viewer-node.ts'

@ObjectType({ description: 'Result of signing in: a new session.', simpleResolvers: true })
export class SignInPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'Session token, shown only once. Send it as `Authorization: Bearer <sessionToken>`. Null if there are ' +
      '`userErrors`.',
  })
  sessionToken!: string | null

  @Field(() => Viewer, {
    nullable: true,
    description: 'The person who is signed in now. Null if there are `userErrors`.',
  })
  viewer!: object | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time when the session expires. Null if there are `userErrors`.',
  })
  expiresAt!: Date | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'Result of signing out.', simpleResolvers: true })
export class SignOutPayload {
  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: "Change of the caller's password.", simpleResolvers: true })
export class ChangePasswordPayload {
  @UserErrorsField()
  userErrors!: UserError[]
}

/** The payload of a new session. Its fields are resolved for the person who has signed in. */
export async function toSignInPayload(context: Context, { secret, expiresAt }: StartedSession) {
  const sessionToken = secret.reveal()
  await continueWith(context, sessionToken)
  return { sessionToken, viewer: viewerOf(context.principal), expiresAt }
}

@Resolver()
export class SessionMutations {
  @Mutation(() => SignInPayload, {
    description:
      'Creates an account and signs it in. For everyone if the installation allows sign-up, otherwise only for ' +
      'administrators.',
  })
  signUp(
    @Ctx() context: Context,
    @Arg('input', () => SignUpInput, { description: 'The account to create.' }) input: SignUpInput,
  ) {
    return toPayload(context, async () => toSignInPayload(context, await signUp(context, input)))
  }

  @Mutation(() => SignInPayload, {
    description: 'Signs a person in with their password.',
  })
  signIn(
    @Ctx() context: Context,
    @Arg('input', () => SignInInput, { description: 'The credentials.' }) input: SignInInput,
  ) {
    return toPayload(context, async () => toSignInPayload(context, await signIn(context, input)))
  }

  @Mutation(() => SignOutPayload, {
    description:
      'Ends the session of the request. With the token of a device, ends the session of the device and deletes the ' +
      'token.',
  })
  signOut(@Ctx() context: Context) {
    return toPayload(context, async () => {
      await signOut(context)
      continueAnonymously(context)
      return {}
    })
  }

  @Mutation(() => ChangePasswordPayload, {
    description:
      "Changes the caller's password and ends all other sessions, including those of devices. Access tokens cannot " +
      'do this.',
  })
  changePassword(
    @Ctx() context: Context,
    @Arg('input', () => ChangePasswordInput, { description: 'The current and the new password.' })
    input: ChangePasswordInput,
  ) {
    return toPayload(context, async () => {
      await changePassword(context, input)
      return {}
    })
  }
}
