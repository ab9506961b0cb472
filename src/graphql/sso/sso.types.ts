import { Field, InputType, ObjectType } from 'type-graphql'
import { DateTime } from '../date-time.ts'

@ObjectType({
  description: "The OpenID provider that an organization's members sign in through. Its client secret is never shown.",
  simpleResolvers: true,
})
export class SsoProvider {
  @Field(() => String, { description: 'The issuer, as the provider states it.' })
  issuer!: string

  @Field(() => String, { description: 'What the provider knows this server as.' })
  clientId!: string

  @Field(() => [String], { description: 'The addresses that sign-ins may come back to.' })
  redirectUris!: readonly string[]

  @Field(() => DateTime, { description: 'When it was configured.' })
  createdAt!: string
}

@InputType({ description: 'An OpenID provider, and this server as a client of it.' })
export class ConfigureSsoInput {
  @Field(() => String, {
    description: 'The issuer: an https address, under which `/.well-known/openid-configuration` is found.',
  })
  issuer!: string

  @Field(() => String, { description: 'The client id that the provider gave.' })
  clientId!: string

  @Field(() => String, { description: 'The client secret that the provider gave. It is kept encrypted.' })
  clientSecret!: string

  @Field(() => [String], {
    description: 'The addresses of frontends that sign-ins may come back to, 1 to 20, as they are registered there.',
  })
  redirectUris!: string[]
}

@InputType({ description: "A sign-in through an organization's provider, to begin." })
export class StartSsoSignInInput {
  @Field(() => String, { description: "The organization's name." })
  organization!: string

  @Field(() => String, { description: 'The address to come back to: one of those that are configured.' })
  redirectUri!: string
}

@InputType({ description: 'An account that there is already, to be linked to the one at the provider.' })
export class LinkAccountInput {
  @Field(() => String, { description: 'Its username.' })
  username!: string

  @Field(() => String, { description: 'Its password.' })
  password!: string
}

@InputType({ description: "A sign-in that came back from an organization's provider." })
export class CompleteSsoSignInInput {
  @Field(() => String, { description: 'What startSsoSignIn gave. It can be used once, whatever comes of it.' })
  signInToken!: string

  @Field(() => String, { description: 'The whole address that the provider sent the browser to.' })
  callbackUrl!: string

  @Field(() => LinkAccountInput, {
    nullable: true,
    description: 'The account to link, at the first sign-in. Absent: one is made. Later, the linked one is signed in.',
  })
  link?: LinkAccountInput | null
}
