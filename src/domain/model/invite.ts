import { defineEntity, p } from '@mikro-orm/postgresql'
import { daySeconds } from '../shared/duration.ts'
import { Group } from './group.ts'
import { organizationRoles } from './membership.ts'
import { Organization } from './organization.ts'
import { User } from './user.ts'

export const inviteLifetimeSeconds = 14 * daySeconds

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

/** An invite to an organization, for an account or for an e-mail address. */
export class Invite extends InviteSchema.class {}
InviteSchema.setClass(Invite)
