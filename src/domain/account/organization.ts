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
  },
})

/** An organization. The id is that of its namespace. */
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization)

/** An organization as lists and answers need it. */
export interface OrganizationRow {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly plan: Plan
  readonly createdAt: string
}
