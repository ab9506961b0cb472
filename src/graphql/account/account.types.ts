import { registerEnumType } from 'type-graphql'
import { organizationRoles } from '../../domain/model/membership.ts'
import { plans } from '../../domain/model/plan.ts'

export const PlanEnum = Object.fromEntries(plans.map((plan) => [plan, plan]))
registerEnumType(PlanEnum, {
  name: 'Plan',
  description: 'What an organization has subscribed to. The numbers are defaults; an installation may set others.',
  valuesConfig: {
    FREE: { description: 'No organization tokens.' },
    TEAM: { description: 'Up to 10 organization tokens.' },
    BUSINESS: { description: 'Up to 100 organization tokens.' },
  },
})

export const OrganizationRoleEnum = Object.fromEntries(organizationRoles.map((role) => [role, role]))
registerEnumType(OrganizationRoleEnum, {
  name: 'OrganizationRole',
  description: 'What a person is in an organization.',
  valuesConfig: {
    OWNER: { description: 'Manages everything, access tokens among it.' },
    EDITOR: { description: 'Makes and edits repositories, pulls and pushes.' },
    MEMBER: { description: 'Pulls what is public or given to a group of theirs.' },
  },
})
