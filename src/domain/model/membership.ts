import { defineEntity, p } from '@mikro-orm/postgresql'
import { Organization } from './organization.ts'
import { User } from './user.ts'

/** The highest first. */
export const organizationRoles = ['OWNER', 'EDITOR', 'MEMBER'] as const
export type OrganizationRole = (typeof organizationRoles)[number]

/** Whether a role is higher than another. */
export function isHigher(role: OrganizationRole, other: OrganizationRole): boolean {
  return organizationRoles.indexOf(role) < organizationRoles.indexOf(other)
}

export const MembershipSchema = defineEntity({
  name: 'Membership',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    user: () => p.manyToOne(User).mapToPk().primary(),
    role: p.enum(organizationRoles),
    joinedAt: p.datetime(),
  },
})

/** The membership of a person in an organization, with their role. */
export class Membership extends MembershipSchema.class {}
MembershipSchema.setClass(Membership)
