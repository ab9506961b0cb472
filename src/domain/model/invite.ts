import { defineEntity, p } from '@mikro-orm/postgresql'
import { Group } from './group.ts'
import { organizationRoles } from './membership.ts'
import { Organization } from './organization.ts'
import { User } from './user.ts'

/** How long an invite can be accepted. */
export const inviteLifetimeSeconds = 14 * 24 * 60 * 60

export const InviteSchema = defineEntity({
  name: 'Invite',
  properties: {
    id: p.text().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    user: () => p.manyToOne(User).mapToPk().nullable(),
    email: p.text().nullable(),
    role: p.enum(organizationRoles),
    group: () => p.manyToOne(Group).mapToPk().nullable(),
    invitedBy: () => p.manyToOne(User).mapToPk().nullable(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
  },
})

/** An open invite into an organization: for a person of this installation, or for whoever has an e-mail address. */
export class Invite extends InviteSchema.class {}
InviteSchema.setClass(Invite)
