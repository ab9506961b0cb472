import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql'
import { addCompanyOwner } from '../../domain/company/add-company-owner.ts'
import { addOrganizationToCompany } from '../../domain/company/add-organization-to-company.ts'
import type { CompanyRow } from '../../domain/company/company-store.ts'
import { createCompany } from '../../domain/company/create-company.ts'
import { findCompany } from '../../domain/company/find-company.ts'
import { removeCompanyOwner } from '../../domain/company/remove-company-owner.ts'
import { removeOrganizationFromCompany } from '../../domain/company/remove-organization-from-company.ts'
import { type Context, continueAs } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CreateCompanyInput } from './company.inputs.ts'
import { Company } from './company.types.ts'

@ObjectType({ description: 'Result of creating or changing a company.', simpleResolvers: true })
export class CompanyPayload {
  @Field(() => Company, { nullable: true, description: 'The company. Null if there are `userErrors`.' })
  company!: CompanyRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const companyArgument = { description: 'Name of the company.' }
const organizationArgument = { description: 'Name of the organization.' }
const usernameArgument = { description: 'Username of the person.' }

/** The payload of a change of owners. The roles of the caller may have changed, so they are read again. */
function changed(context: Context, change: () => Promise<CompanyRow>, organizationName?: string) {
  return toPayload(context, async () => {
    const company = await change()
    continueAs(context, await context.reauthenticate())
    return { company, organizationName }
  })
}

@Resolver()
export class CompanyOperations {
  @Query(() => Company, {
    nullable: true,
    description:
      'Company by name. Visible only to its owners and to administrators of the installation. Null for other ' +
      'callers, and if there is no such company.',
  })
  company(
    @Ctx() { em, principal }: Context,
    @Arg('name', () => String, { description: 'Name of the company, for example `holding`.' }) name: string,
  ): Promise<CompanyRow | null> {
    return findCompany(em, principal, name)
  }

  @Mutation(() => CompanyPayload, {
    description: 'Creates a company without organizations. Only for administrators of the installation.',
  })
  createCompany(
    @Ctx() context: Context,
    @Arg('input', () => CreateCompanyInput, { description: 'The company to create.' }) input: CreateCompanyInput,
  ) {
    return changed(context, () => createCompany(context, input))
  }

  @Mutation(() => CompanyPayload, {
    description:
      'Adds an organization to a company, whose owners then manage the organization. Only for people who own both, ' +
      'and for administrators of the installation.',
  })
  addOrganizationToCompany(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('organization', () => String, organizationArgument) organization: string,
  ) {
    return changed(context, () => addOrganizationToCompany(context, company, organization), organization)
  }

  @Mutation(() => CompanyPayload, {
    description:
      'Removes an organization from a company. Only for owners of either, and for administrators of the installation.',
  })
  removeOrganizationFromCompany(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('organization', () => String, organizationArgument) organization: string,
  ) {
    return changed(context, () => removeOrganizationFromCompany(context, company, organization), organization)
  }

  @Mutation(() => CompanyPayload, {
    description: 'Adds an owner to a company. Only for its owners, and for administrators of the installation.',
  })
  addCompanyOwner(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('username', () => String, usernameArgument) username: string,
  ) {
    return changed(context, () => addCompanyOwner(context, company, username))
  }

  @Mutation(() => CompanyPayload, {
    description:
      'Removes an owner from a company. The last owner cannot be removed. Only for its owners, and for ' +
      'administrators of the installation.',
  })
  removeCompanyOwner(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('username', () => String, usernameArgument) username: string,
  ) {
    return changed(context, () => removeCompanyOwner(context, company, username))
  }
}
