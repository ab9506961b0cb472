import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { pageByName } from '../../domain/account/list-organizations.ts'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { CompanyRow } from '../../domain/company/company-store.ts'
import { findOwnedCompanies } from '../../domain/company/find-company.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { mayGovernOrganization } from '../../domain/policy/policy.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { Organization, OrganizationConnection } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import { Viewer } from '../account/viewer.types.ts'
import { PageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { Company } from './company.types.ts'

@Resolver(() => Company)
export class CompanyFields {
  @FieldResolver(() => [User], {
    description:
      'Owners, sorted by username. They manage tokens, members and settings of every organization of the company.',
  })
  owners(@Root() company: CompanyRow, @Ctx() { loaders }: Context): Promise<readonly UserRow[]> {
    return loaders.companyOwners.load(company.id)
  }

  @FieldResolver(() => OrganizationConnection, {
    description:
      'Organizations of the company that the caller can see, sorted by name. Owners of the company can see all.',
  })
  async organizations(
    @Root() company: CompanyRow,
    @Ctx() { loaders }: Context,
    @Args(() => PageArgs) args: PageArguments,
  ) {
    const request = parsePage(args)
    const page = pageByName(await loaders.companyOrganizations.load(company.id), request)
    return new Connection(page, page.items)
  }
}

@Resolver(() => Organization)
export class OrganizationCompany {
  @FieldResolver(() => Company, {
    nullable: true,
    description:
      'Company of the organization, whose owners also manage the organization. Visible only to owners of the ' +
      'organization and of the company, and to administrators of the installation. Null for other callers, and if ' +
      'there is no company.',
  })
  company(
    @Root() { id, companyId }: OrganizationRow,
    @Ctx() { principal, loaders }: Context,
  ): Promise<CompanyRow | null> | null {
    return companyId !== null && mayGovernOrganization(principal, id) ? loaders.companyById.load(companyId) : null
  }
}

@Resolver(() => Viewer)
export class ViewerCompanies {
  @FieldResolver(() => [Company], {
    description: 'Companies that the signed-in person owns, sorted by name. Empty for tokens.',
  })
  companies(@Ctx() { em, principal }: Context): Promise<CompanyRow[]> {
    return findOwnedCompanies(em, principal)
  }
}
