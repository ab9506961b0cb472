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

@ObjectType({ description: 'An organization that was made or changed.', simpleResolvers: true })
export class OrganizationPayload {
  @Field(() => Organization, { nullable: true, description: 'The organization; null when `userErrors` is not empty.' })
  organization!: OrganizationRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const nameArgument = { description: "The organization's name." }

/** The payload of a change of an organization, which the caller sees as it is now for the rest of the request. */
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
  @Mutation(() => OrganizationPayload, { description: 'Makes an organization; whoever makes it owns it.' })
  createOrganization(
    @Ctx() context: Context,
    @Arg('input', () => CreateOrganizationInput, { description: 'The organization to make.' })
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
    description: 'Changes an organization. For owners of the organization and of its company.',
  })
  updateOrganization(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('input', () => UpdateOrganizationInput, { description: 'What to change.' }) input: UpdateOrganizationInput,
  ) {
    return changed(context, () => updateOrganization(context, organization, input))
  }

  @Mutation(() => OrganizationPayload, {
    description:
      'Changes what an organization demands of its tokens and members; tokens that exist stay as they are. For owners of the organization and of its company, and administrators of the installation.',
  })
  updateOrganizationPolicy(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('input', () => OrganizationPolicyInput, { description: 'What to change.' }) input: OrganizationPolicyInput,
  ) {
    return changed(context, () => updateOrganizationPolicy(context, organization, input))
  }

  @Mutation(() => OrganizationPayload, {
    description: 'Puts an organization on another plan; its tokens stay. For administrators of the installation.',
  })
  changeOrganizationPlan(
    @Ctx() context: Context,
    @Arg('organization', () => String, nameArgument) organization: string,
    @Arg('plan', () => PlanEnum, { description: 'The plan from now on.' }) plan: Plan,
  ) {
    return changed(context, () => changeOrganizationPlan(context, organization, plan))
  }
}
