import { Field, InputType, Int } from 'type-graphql'
import type { Plan } from '../../domain/model/plan.ts'
import { PlanEnum } from './account.types.ts'

const nameRule = '2 to 40 lower-case letters and digits, with dots, underscores or hyphens between them.'

@InputType({ description: 'A new account.' })
export class SignUpInput {
  @Field(() => String, { description: `Username: ${nameRule}` })
  username!: string

  @Field(() => String, { description: 'E-mail address. It is unique: no other account can have it.' })
  email!: string

  @Field(() => String, { description: 'Password, 8 to 256 characters.' })
  password!: string

  @Field(() => String, { nullable: true, description: 'Display name. Defaults to the username.' })
  displayName?: string | null
}

@InputType({ description: 'The credentials of a person.' })
export class SignInInput {
  @Field(() => String, { description: 'The username.' })
  username!: string

  @Field(() => String, { description: 'The password.' })
  password!: string
}

@InputType({ description: "Change of the caller's password." })
export class ChangePasswordInput {
  @Field(() => String, { description: 'Current password.' })
  currentPassword!: string

  @Field(() => String, { description: 'New password, 8 to 256 characters.' })
  newPassword!: string
}

@InputType({ description: 'A new organization.' })
export class CreateOrganizationInput {
  @Field(() => String, {
    description: `Name, and namespace of the repositories. ${nameRule} It cannot be changed later.`,
  })
  name!: string

  @Field(() => String, { nullable: true, description: 'Display name. Defaults to the name.' })
  displayName?: string | null

  @Field(() => PlanEnum, {
    nullable: true,
    description: 'Plan. Only administrators can choose it. Defaults to the default plan of the installation.',
  })
  plan?: Plan | null
}

@InputType({ description: 'Changes to an organization. Omitted fields do not change.' })
export class UpdateOrganizationInput {
  @Field(() => String, { nullable: true, description: 'Display name, 1 to 100 characters.' })
  displayName?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether owners receive notifications by mail.' })
  emailNotices?: boolean | null
}

@InputType({ description: 'Changes to the policy of an organization. Omitted fields do not change.' })
export class OrganizationPolicyInput {
  @Field(() => Int, {
    nullable: true,
    description:
      'Maximum lifetime of new access tokens, 1 to 365 days. Null means no maximum: tokens may also never expire.',
  })
  maxTokenLifetimeDays?: number | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether inactive access tokens of the organization can be activated again.',
  })
  allowTokenReactivation?: boolean | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether access tokens of the organization with TOKEN_ROTATE_SELF can rotate themselves.',
  })
  allowTokenSelfRotation?: boolean | null

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether members must sign in through the provider, and not with their passwords. Requires a configured ' +
      'provider.',
  })
  ssoEnforced?: boolean | null
}
