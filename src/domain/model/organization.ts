import { defineEntity, p } from '@mikro-orm/postgresql'
import { Company } from './company.ts'
import { type Plan, plans } from './plan.ts'

export const OrganizationSchema = defineEntity({
  name: 'Organization',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    displayName: p.text(),
    plan: p.enum(plans),
    company: () => p.manyToOne(Company).mapToPk().nullable(),
    createdAt: p.datetime(),
    maxTokenLifetimeDays: p.integer().nullable(),
    allowTokenReactivation: p.boolean(),
    allowTokenSelfRotation: p.boolean().default(false),
    ssoEnforced: p.boolean(),
    emailNotices: p.boolean().default(true),
  },
})

/** An organization. The id is that of its namespace. */
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization)

/** What an organization requires of its tokens and members. */
export interface OrganizationPolicy {
  /** Null means unlimited. */
  readonly maxTokenLifetimeDays: number | null
  /** Whether an inactive token of the organization can be activated again. */
  readonly allowTokenReactivation: boolean
  /** Whether a token of the organization with TOKEN_ROTATE_SELF can rotate itself. */
  readonly allowTokenSelfRotation: boolean
  /** Whether members must sign in through the organization's provider. */
  readonly ssoEnforced: boolean
}

/** An organization, as loaded for responses and checks. */
export interface OrganizationRow extends OrganizationPolicy {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly plan: Plan
  readonly createdAt: string
  readonly companyId: string | null
  /** Whether its owners receive notices by mail. */
  readonly emailNotices: boolean
}
