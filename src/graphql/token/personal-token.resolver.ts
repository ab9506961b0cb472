import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Info, Mutation, Resolver } from 'type-graphql'
import { generatePersonalToken } from '../../domain/token/generate-personal-token.ts'
import { signInDevice } from '../../domain/token/sign-in-device.ts'
import { type Context, continueWith } from '../context.ts'
import { toPayload } from '../user-error.ts'
import { GeneratePersonalTokenInput, SignInDeviceInput } from './personal-token.inputs.ts'
import { GenerateTokenPayload, nodeOf } from './token.resolver.ts'

@Resolver()
export class PersonalTokenMutations {
  @Mutation(() => GenerateTokenPayload, {
    description: 'Generates a personal token of the person who is signed in: 20 in an hour at most.',
  })
  generatePersonalToken(
    @Ctx() context: Context,
    @Arg('input', () => GeneratePersonalTokenInput, { description: 'The token to generate.' })
    input: GeneratePersonalTokenInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { tokenId, secret } = await generatePersonalToken(context, input)
      return { accessToken: await nodeOf(context, tokenId, info), secret: secret?.reveal() ?? null }
    })
  }

  @Mutation(() => GenerateTokenPayload, {
    description:
      'Signs a device of a person in with their password, and generates a personal token for it that ends with its session: after 90 days, by `signOut` with that token, when the password is changed, and when five other devices have signed in since.',
  })
  signInDevice(
    @Ctx() context: Context,
    @Arg('input', () => SignInDeviceInput, { description: 'The credentials, and the device.' })
    input: SignInDeviceInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { tokenId, secret } = await signInDevice(context, input)
      await continueWith(context, secret.reveal())
      return { accessToken: await nodeOf(context, tokenId, info), secret: secret.reveal() }
    })
  }
}
