import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { completeSsoSignIn } from '../../domain/sso/complete-sso-sign-in.ts'
import { configureSso } from '../../domain/sso/configure-sso.ts'
import { removeSso } from '../../domain/sso/remove-sso.ts'
import type { SsoProviderRow } from '../../domain/sso/sso-provider-store.ts'
import { startSsoSignIn } from '../../domain/sso/start-sso-sign-in.ts'
import { OrganizationPayload } from '../account/organization.resolver.ts'
import { Organization } from '../account/organization.types.ts'
import { SignInPayload, toSignInPayload } from '../account/session.resolver.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CompleteSsoSignInInput, ConfigureSsoInput, SsoProvider, StartSsoSignInInput } from './sso.types.ts'

@ObjectType({ description: 'Result of configuring a provider.', simpleResolvers: true })
export class SsoProviderPayload {
  @Field(() => SsoProvider, { nullable: true, description: 'The provider. Null if there are `userErrors`.' })
  ssoProvider!: SsoProvider | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'Result of starting a sign-in through a provider.', simpleResolvers: true })
export class StartSsoSignInPayload {
  @Field(() => String, {
    nullable: true,
    description: 'Address at the provider to send the browser to. Null if there are `userErrors`.',
  })
  authorizationUrl!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Secret for completeSsoSignIn. Keep it in this browser. Null if there are `userErrors`.',
  })
  signInToken!: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time when the sign-in expires. Null if there are `userErrors`.',
  })
  expiresAt!: Date | null

  @UserErrorsField()
  userErrors!: UserError[]
}

function toSsoProvider(row: SsoProviderRow | null): SsoProvider | null {
  return row === null ? null : { ...row, id: row.organizationId }
}

const organizationArgument = { description: 'Name of the organization.' }

@Resolver(() => SsoProviderPayload)
export class SsoProviderPayloadFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization of the provider. Null if there are `userErrors`.',
  })
  async organization(
    @Root() { ssoProvider }: { readonly ssoProvider?: SsoProvider | null },
    @Ctx() { loaders }: Context,
  ): Promise<OrganizationRow | null> {
    return ssoProvider ? loaders.organizationById.load(ssoProvider.id) : null
  }
}

@Resolver(() => Organization)
export class SsoOperations {
  @FieldResolver(() => SsoProvider, {
    nullable: true,
    description:
      'OpenID provider that members sign in through. Null if not configured. Only for owners of the organization ' +
      'and of its company.',
  })
  async ssoProvider(@Root() { id }: OrganizationRow, @Ctx() { loaders }: Context): Promise<SsoProvider | null> {
    return toSsoProvider(await loaders.ssoProviderByOrganization.load(id))
  }

  @Mutation(() => SsoProviderPayload, {
    description:
      'Configures the OpenID provider that members of an organization can sign in through. It replaces the ' +
      'previous one. Only for owners of the organization and of its company.',
  })
  configureSso(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('input', () => ConfigureSsoInput, { description: 'The provider to configure.' }) input: ConfigureSsoInput,
  ) {
    return toPayload(context, async () => ({
      ssoProvider: toSsoProvider(await configureSso(context, organization, input)),
    }))
  }

  @Mutation(() => OrganizationPayload, {
    description:
      'Removes the provider of an organization, unless single sign-on is enforced. Only for owners of the ' +
      'organization and of its company.',
  })
  removeSso(@Ctx() context: Context, @Arg('organization', () => String, organizationArgument) organization: string) {
    return toPayload(context, async () => ({ organization: await removeSso(context, organization) }))
  }

  @Mutation(() => StartSsoSignInPayload, {
    description: 'Starts a sign-in through the provider of an organization. Send the browser to the returned address.',
  })
  startSsoSignIn(
    @Ctx() context: Context,
    @Arg('input', () => StartSsoSignInInput, { description: 'The organization, and the address to return to.' })
    input: StartSsoSignInInput,
  ) {
    return toPayload(context, () => startSsoSignIn(context, input))
  }

  @Mutation(() => SignInPayload, {
    description: 'Completes a sign-in after the provider has sent the browser back.',
  })
  completeSsoSignIn(
    @Ctx() context: Context,
    @Arg('input', () => CompleteSsoSignInInput, {
      description: 'The address that the provider sent the browser to, and the token of the sign-in.',
    })
    input: CompleteSsoSignInInput,
  ) {
    return toPayload(context, async () => toSignInPayload(context, await completeSsoSignIn(context, input)))
  }
}
