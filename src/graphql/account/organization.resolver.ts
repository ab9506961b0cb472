import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql'
import { changeOrganizationPlan } from '../../domain/account/change-organization-plan.ts'
import { createOrganization } from '../../domain/account/create-organization.ts'
import { updateOrganization } from '../../domain/account/update-organization.ts'
import { updateOrganizationPolicy } from '../../domain/account/update-organization-policy.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { Plan } from '../../domain/model/plan.ts'
import { organizationAccessById, withOrganizationAccess } from '../../domain/policy/principal.ts'
import { requirePerson } from '../../domain/policy/require.ts'
import { type Context, continueAs } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CreateOrganizationInput, OrganizationPolicyInput, UpdateOrganizationInput } from './account.inputs.ts'
import { PlanEnum } from './account.types.ts'
import { Organization } from './organization.types.ts'

@ObjectType({ description: 'Result of creating or changing an organization.', simpleResolvers: true })
export class OrganizationPayload {
  @Field(() => Organization, { nullable: true, description: 'The organization. Null if there are `userErrors`.' })
  organization!: OrganizationRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const nameArgument = { description: 'Name of the organization.' }

/** The payload of a change of an organization. Fields that follow in the request see the changed organization. */
function changed(context: Context, change: () => Promise<OrganizationRow>) {
  return toPayload(context, async () => {
    const organization = await change()
    const access = organizationAccessById(context.principal, organization.id)
    if (access !== null)
      continueAs(context, withOrganizationAccess(requirePerson(context.principal), { ...access, organization }))
    return { organization }
  })
}

@Resolver()
export class OrganizationMutations {
  @Mutation(() => OrganizationPayload, { description: 'Creates an organization, which the caller then owns.' })
  createOrganization(
    @Ctx() context: Context,
    @Arg('input', () => CreateOrganizationInput, { description: 'The organization to create.' })
    input: CreateOrganizationInput,
  ) {
    return toPayload(context, async () => {
      const organization = await createOrganization(context, input)
      const owner = { organization, role: 'OWNER', ownsCompany: false } as const
      continueAs(context, withOrganizationAccess(requirePerson(context.principal), owner))
      return { organization }
    })
  }

  @Mutation(() => OrganizationPayload, {
    description: 'Changes an organization. Only for owners of the organization and of its company.',
  })
  updateOrganization(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('input', () => UpdateOrganizationInput, { description: 'The changes.' }) input: UpdateOrganizationInput,
  ) {
    return changed(context, () => updateOrganization(context, organization, input))
  }

  @Mutation(() => OrganizationPayload, {
    description:
      'Changes the policy of an organization. Existing tokens do not change. Only for owners of the organization ' +
      'and of its company, and for administrators of the installation.',
  })
  updateOrganizationPolicy(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('input', () => OrganizationPolicyInput, { description: 'The changes.' }) input: OrganizationPolicyInput,
  ) {
    return changed(context, () => updateOrganizationPolicy(context, organization, input))
  }

  @Mutation(() => OrganizationPayload, {
    description:
      'Changes the plan of an organization. Its tokens stay; a plan without tokens suspends them. Only for ' +
      'administrators of the installation.',
  })
  changeOrganizationPlan(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('plan', () => PlanEnum, { description: 'New plan.' }) plan: Plan,
  ) {
    return changed(context, () => changeOrganizationPlan(context, organization, plan))
  }
}
