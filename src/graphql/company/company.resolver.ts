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

@ObjectType({ description: 'A company that was made or changed.', simpleResolvers: true })
export class CompanyPayload {
  @Field(() => Company, { nullable: true, description: 'The company; null when `userErrors` is not empty.' })
  company!: CompanyRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const companyArgument = { description: "The company's name." }
const organizationArgument = { description: "The organization's name." }
const usernameArgument = { description: "The person's username." }

/** The payload of a change of who owns what: the caller may be another from then on, also for the rest of the request. */
function changed(context: Context, change: () => Promise<CompanyRow>) {
  return toPayload(context, async () => {
    const company = await change()
    continueAs(context, await context.reauthenticate())
    return { company }
  })
}

@Resolver()
export class CompanyOperations {
  @Query(() => Company, {
    nullable: true,
    description:
      'The company of that name, for its owners and administrators of the installation; null for everyone else, and when there is none.',
  })
  company(
    @Ctx() { em, principal }: Context,
    @Arg('name', () => String, { description: 'Its name, for example `holding`.' }) name: string,
  ): Promise<CompanyRow | null> {
    return findCompany(em, principal, name)
  }

  @Mutation(() => CompanyPayload, {
    description: 'Makes a company, without organizations. For administrators of the installation.',
  })
  createCompany(
    @Ctx() context: Context,
    @Arg('input', () => CreateCompanyInput, { description: 'The company to make.' }) input: CreateCompanyInput,
  ) {
    return changed(context, () => createCompany(context, input))
  }

  @Mutation(() => CompanyPayload, {
    description:
      'Puts an organization into a company, whose owners then manage it. For those who own both, and administrators of the installation.',
  })
  addOrganizationToCompany(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('organization', () => String, organizationArgument) organization: string,
  ) {
    return changed(context, () => addOrganizationToCompany(context, company, organization))
  }

  @Mutation(() => CompanyPayload, {
    description:
      'Takes an organization out of a company. For owners of either, and administrators of the installation.',
  })
  removeOrganizationFromCompany(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('organization', () => String, organizationArgument) organization: string,
  ) {
    return changed(context, () => removeOrganizationFromCompany(context, company, organization))
  }

  @Mutation(() => CompanyPayload, {
    description: 'Makes a person an owner of a company. For its owners and administrators of the installation.',
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
      'Takes a company from one of its owners; the last one stays. For its owners and administrators of the installation.',
  })
  removeCompanyOwner(
    @Ctx() context: Context,
    @Arg('company', () => String, companyArgument) company: string,
    @Arg('username', () => String, usernameArgument) username: string,
  ) {
    return changed(context, () => removeCompanyOwner(context, company, username))
  }
}
