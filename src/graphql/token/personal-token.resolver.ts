import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Info, Mutation, Resolver } from 'type-graphql'
import { signInDevice } from '../../domain/device/sign-in-device.ts'
import { generatePersonalToken } from '../../domain/token/generate-personal-token.ts'
import { type Context, continueWith } from '../context.ts'
import { toPayload } from '../user-error.ts'
import { GeneratePersonalTokenInput, SignInDeviceInput } from './personal-token.inputs.ts'
import { GenerateTokenPayload, nodeOf } from './token.resolver.ts'

@Resolver()
export class PersonalTokenMutations {
  @Mutation(() => GenerateTokenPayload, {
    description: 'Generates a personal token for the signed-in person, at most 20 per hour.',
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
      'Signs in a device with the password of a person, and generates a personal token for it, which ends with the ' +
      'session of the device: after 90 days, by `signOut` with the token, when the password is changed, when the ' +
      'device signs in again, or when five other devices have signed in since.',
  })
  signInDevice(
    @Ctx() context: Context,
    @Arg('input', () => SignInDeviceInput, { description: 'The credentials and the device.' })
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
