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

@ObjectType({ description: 'A session that was started.', simpleResolvers: true })
export class SignInPayload {
  @Field(() => String, {
    nullable: true,
    description: 'Send it as `Authorization: Bearer <sessionToken>`. Shown once.',
  })
  sessionToken!: string | null

  @Field(() => Viewer, { nullable: true, description: 'Who is signed in now.' })
  viewer!: object | null

  @Field(() => DateTime, { nullable: true, description: 'When the session ends.' })
  expiresAt!: Date | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'The end of a session.', simpleResolvers: true })
export class SignOutPayload {
  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A change of the own password.', simpleResolvers: true })
export class ChangePasswordPayload {
  @UserErrorsField()
  userErrors!: UserError[]
}

/** What a new session is answered with, seen as whom it signs in. */
export async function toSignInPayload(context: Context, { secret, expiresAt }: StartedSession) {
  const sessionToken = secret.reveal()
  await continueWith(context, sessionToken)
  return { sessionToken, viewer: {}, expiresAt }
}

@Resolver()
export class SessionMutations {
  @Mutation(() => SignInPayload, {
    description:
      'Makes an account and signs it in. For everyone where the installation allows it, else for administrators.',
  })
  signUp(
    @Ctx() context: Context,
    @Arg('input', () => SignUpInput, { description: 'The account to make.' }) input: SignUpInput,
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
      "Ends the session that the request is made with; with a device's token, that of the device and the token with it.",
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
      'Changes the own password and ends all other sessions, those of devices too. Never with an access token.',
  })
  changePassword(
    @Ctx() context: Context,
    @Arg('input', () => ChangePasswordInput, { description: 'The old and the new password.' })
    input: ChangePasswordInput,
  ) {
    return toPayload(context, async () => {
      await changePassword(context, input)
      return {}
    })
  }
}
