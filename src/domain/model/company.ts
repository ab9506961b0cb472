import { defineEntity, p } from '@mikro-orm/postgresql'
import { User } from './user.ts'

export const CompanySchema = defineEntity({
  name: 'Company',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    createdAt: p.datetime(),
  },
})

/** A group of organizations with common owners. */
export class Company extends CompanySchema.class {}
CompanySchema.setClass(Company)

export const CompanyOwnerSchema = defineEntity({
  name: 'CompanyOwner',
  properties: {
    company: () => p.manyToOne(Company).mapToPk().primary(),
    user: () => p.manyToOne(User).mapToPk().primary(),
  },
})

/** An owner of a company, who manages the tokens, members and settings of its organizations. */
export class CompanyOwner extends CompanyOwnerSchema.class {}
CompanyOwnerSchema.setClass(CompanyOwner)
