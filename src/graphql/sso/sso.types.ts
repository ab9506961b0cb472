import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { DateTime } from '../date-time.ts'

@ObjectType({
  description: 'OpenID provider that members of an organization sign in through. The client secret is never shown.',
  simpleResolvers: true,
})
export class SsoProvider {
  @Field(() => ID, { description: 'Id for caches: that of the organization. `node` finds the organization.' })
  id!: string

  @Field(() => String, { description: 'Issuer, as stated by the provider.' })
  issuer!: string

  @Field(() => String, { description: 'Client id of this server at the provider.' })
  clientId!: string

  @Field(() => [String], { description: 'Addresses that the provider can send the browser back to.' })
  redirectUris!: readonly string[]

  @Field(() => DateTime, { description: 'Time when the provider was configured.' })
  createdAt!: string
}

@InputType({ description: 'OpenID provider, with the client that is registered there for this server.' })
export class ConfigureSsoInput {
  @Field(() => String, {
    description: 'Issuer: an https address with `/.well-known/openid-configuration` below it.',
  })
  issuer!: string

  @Field(() => String, { description: 'Client id from the provider.' })
  clientId!: string

  @Field(() => String, { description: 'Client secret from the provider. It is stored encrypted.' })
  clientSecret!: string

  @Field(() => [String], {
    description: 'Addresses of frontends that the provider can send the browser back to, as registered there: 1 to 20.',
  })
  redirectUris!: string[]
}

@InputType({ description: 'Sign-in to start through the provider of an organization.' })
export class StartSsoSignInInput {
  @Field(() => String, { description: 'Name of the organization.' })
  organization!: string

  @Field(() => String, {
    description: 'Address that the provider sends the browser back to: one of the configured addresses.',
  })
  redirectUri!: string
}

@InputType({ description: 'Existing account to link to the account at the provider.' })
export class LinkAccountInput {
  @Field(() => String, { description: 'Username of the account.' })
  username!: string

  @Field(() => String, { description: 'Password of the account.' })
  password!: string
}

@InputType({ description: 'Sign-in to complete.' })
export class CompleteSsoSignInInput {
  @Field(() => String, {
    description: 'Token that startSsoSignIn returned. It can be used once, even if the sign-in fails.',
  })
  signInToken!: string

  @Field(() => String, { description: 'Full address that the provider sent the browser back to.' })
  callbackUrl!: string

  @Field(() => LinkAccountInput, {
    nullable: true,
    description:
      'Account to link at the first sign-in. If omitted, an account is created. Later sign-ins use the linked ' +
      'account.',
  })
  link?: LinkAccountInput | null
}
