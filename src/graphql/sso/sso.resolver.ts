import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { completeSsoSignIn } from '../../domain/sso/complete-sso-sign-in.ts'
import { configureSso } from '../../domain/sso/configure-sso.ts'
import type { SsoProviderRow } from '../../domain/sso/find-sso-provider.ts'
import { removeSso } from '../../domain/sso/remove-sso.ts'
import { startSsoSignIn } from '../../domain/sso/start-sso-sign-in.ts'
import { OrganizationPayload } from '../account/organization.resolver.ts'
import { Organization } from '../account/organization.types.ts'
import { SignInPayload, toSignInPayload } from '../account/session.resolver.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CompleteSsoSignInInput, ConfigureSsoInput, SsoProvider, StartSsoSignInInput } from './sso.types.ts'

@ObjectType({ description: 'A provider that was configured.', simpleResolvers: true })
export class SsoProviderPayload {
  @Field(() => SsoProvider, { nullable: true, description: 'The provider; null when `userErrors` is not empty.' })
  ssoProvider!: SsoProviderRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A sign-in that was begun.', simpleResolvers: true })
export class StartSsoSignInPayload {
  @Field(() => String, { nullable: true, description: 'Where to send the browser.' })
  authorizationUrl!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Keep it in this browser, and give it to completeSsoSignIn. It is a secret.',
  })
  signInToken!: string | null

  @Field(() => DateTime, { nullable: true, description: 'Until when the sign-in can be completed.' })
  expiresAt!: Date | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const organizationArgument = { description: "The organization's name." }

@Resolver(() => Organization)
export class SsoOperations {
  @FieldResolver(() => SsoProvider, {
    nullable: true,
    description:
      'The OpenID provider that members sign in through; null when there is none. For owners of the organization and of its company.',
  })
  ssoProvider(@Root() { id }: OrganizationRow, @Ctx() { loaders }: Context): Promise<SsoProviderRow | null> {
    return loaders.ssoProviderByOrganization.load(id)
  }

  @Mutation(() => SsoProviderPayload, {
    description:
      'Has members of an organization sign in through an OpenID provider, in place of any before. For owners of the organization and of its company.',
  })
  configureSso(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('input', () => ConfigureSsoInput, { description: 'The provider.' }) input: ConfigureSsoInput,
  ) {
    return toPayload(context, async () => ({ ssoProvider: await configureSso(context, organization, input) }))
  }

  @Mutation(() => OrganizationPayload, {
    description:
      "Ends signing in through an organization's provider. For owners of the organization and of its company.",
  })
  removeSso(@Ctx() context: Context, @Arg('organization', () => String, organizationArgument) organization: string) {
    return toPayload(context, async () => ({ organization: await removeSso(context, organization) }))
  }

  @Mutation(() => StartSsoSignInPayload, {
    description: "Begins a sign-in through an organization's provider, whose page is next.",
  })
  startSsoSignIn(
    @Ctx() context: Context,
    @Arg('input', () => StartSsoSignInInput, { description: 'Where to sign in.' }) input: StartSsoSignInInput,
  ) {
    return toPayload(context, () => startSsoSignIn(context, input))
  }

  @Mutation(() => SignInPayload, {
    description: "Completes a sign-in through an organization's provider, once that has sent the browser back.",
  })
  completeSsoSignIn(
    @Ctx() context: Context,
    @Arg('input', () => CompleteSsoSignInInput, { description: 'What came back.' }) input: CompleteSsoSignInInput,
  ) {
    return toPayload(context, async () => toSignInPayload(context, await completeSsoSignIn(context, input)))
  }
}
