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
    ssoEnforced: p.boolean(),
    emailNotices: p.boolean().default(true),
  },
})

/** An organization. The id is that of its namespace. */
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization)

/** What an organization demands of its tokens and members. */
export interface OrganizationPolicy {
  /** Null: unlimited. */
  readonly maxTokenLifetimeDays: number | null
  /** Whether an inactive token of the organization can be activated again. */
  readonly allowTokenReactivation: boolean
  /** Whether members are refused with their passwords. */
  readonly ssoEnforced: boolean
}

/** An organization as lists and answers need it. */
export interface OrganizationRow extends OrganizationPolicy {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly plan: Plan
  readonly createdAt: string
  readonly companyId: string | null
  /** Whether its owners are told of notices by mail. */
  readonly emailNotices: boolean
}
