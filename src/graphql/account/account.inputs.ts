import { Field, InputType, Int } from 'type-graphql'
import type { Plan } from '../../domain/model/plan.ts'
import { PlanEnum } from './account.types.ts'

const nameRule = 'Lower-case letters and digits, with dots, underscores or hyphens between them; 2 to 40.'

@InputType({ description: 'A new account.' })
export class SignUpInput {
  @Field(() => String, { description: `The name to sign in with. ${nameRule}` })
  username!: string

  @Field(() => String, { description: 'The e-mail address; an address belongs to one account.' })
  email!: string

  @Field(() => String, { description: 'The password, 8 to 256 characters.' })
  password!: string

  @Field(() => String, { nullable: true, description: 'The name to show; absent: the username.' })
  displayName?: string | null
}

@InputType({ description: 'The credentials of a person.' })
export class SignInInput {
  @Field(() => String, { description: 'The username.' })
  username!: string

  @Field(() => String, { description: 'The password.' })
  password!: string
}

@InputType({ description: 'A change of the own password.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The password that holds now.' })
  currentPassword!: string

  @Field(() => String, { description: 'The password from now on, 8 to 256 characters.' })
  newPassword!: string
}

@InputType({ description: 'A new organization.' })
export class CreateOrganizationInput {
  @Field(() => String, { description: `The name, and namespace of its repositories. ${nameRule} It never changes.` })
  name!: string

  @Field(() => String, { nullable: true, description: 'The name to show; absent: the name.' })
  displayName?: string | null

  @Field(() => PlanEnum, {
    nullable: true,
    description: 'The plan, for administrators to choose; absent: the default of the installation.',
  })
  plan?: Plan | null
}

@InputType({ description: 'Changes to an organization. What is absent stays as it is.' })
export class UpdateOrganizationInput {
  @Field(() => String, { nullable: true, description: 'The name to show, 1 to 100 characters.' })
  displayName?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether its owners are told of notices by mail.' })
  emailNotices?: boolean | null
}

@InputType({ description: 'Changes to the policy of an organization. What is absent stays as it is.' })
export class OrganizationPolicyInput {
  @Field(() => Int, {
    nullable: true,
    description: 'For how many days a new access token may live, 1 to 365; null: without limit, also forever.',
  })
  maxTokenLifetimeDays?: number | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an inactive access token of the organization can be activated again.',
  })
  allowTokenReactivation?: boolean | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether members are refused with their passwords. Takes a provider for single sign-on.',
  })
  ssoEnforced?: boolean | null
}
