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

/** Several organizations under common owners. */
export class Company extends CompanySchema.class {}
CompanySchema.setClass(Company)

export const CompanyOwnerSchema = defineEntity({
  name: 'CompanyOwner',
  properties: {
    company: () => p.manyToOne(Company).mapToPk().primary(),
    user: () => p.manyToOne(User).mapToPk().primary(),
  },
})

/** A person who owns a company, and so manages the tokens, members and settings of each organization in it. */
export class CompanyOwner extends CompanyOwnerSchema.class {}
CompanyOwnerSchema.setClass(CompanyOwner)
