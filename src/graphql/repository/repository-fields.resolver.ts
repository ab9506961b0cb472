import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { Permission } from '../../domain/model/permission.ts'
import { repositoryPermissions } from '../../domain/policy/repository-policy.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { Organization } from '../account/organization.types.ts'
import type { Context } from '../context.ts'
import { PermissionEnum } from '../token/scope.types.ts'
import { Repository } from './repository.types.ts'

@Resolver(() => Repository)
export class RepositoryFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description:
      'Organization of the repository. Null for the repository of a person, and if the caller cannot see the ' +
      'organization.',
  })
  organization(@Root() repository: RepositoryRow, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(repository.namespaceId)
  }

  @FieldResolver(() => [PermissionEnum], {
    description: 'Permissions of the caller on the repository, with all that they include.',
  })
  viewerPermissions(@Root() repository: RepositoryRow, @Ctx() { principal }: Context): Permission[] {
    return repositoryPermissions(principal, repository)
  }
}
