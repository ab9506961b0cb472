import { registerEnumType } from 'type-graphql'
import { organizationRoles } from '../../domain/model/membership.ts'
import { plans } from '../../domain/model/plan.ts'

export const PlanEnum = Object.fromEntries(plans.map((plan) => [plan, plan]))
registerEnumType(PlanEnum, {
  name: 'Plan',
  description: 'Subscription of an organization. The numbers are defaults, which the installation can change.',
  valuesConfig: {
    FREE: { description: 'No organization tokens.' },
    TEAM: { description: 'Up to 10 organization tokens.' },
    BUSINESS: { description: 'Up to 100 organization tokens.' },
  },
})

export const OrganizationRoleEnum = Object.fromEntries(organizationRoles.map((role) => [role, role]))
registerEnumType(OrganizationRoleEnum, {
  name: 'OrganizationRole',
  description: 'Role of a person in an organization.',
  valuesConfig: {
    OWNER: { description: 'Manages everything, including access tokens.' },
    EDITOR: { description: 'Creates and edits repositories, pulls and pushes.' },
    MEMBER: { description: 'Pulls public repositories, and uses those that their groups have access to.' },
  },
})
