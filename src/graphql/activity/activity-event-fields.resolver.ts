import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { Organization } from '../account/organization.types.ts'
import type { Context } from '../context.ts'
import { Repository } from '../repository/repository.types.ts'
import { ActivityEvent } from './activity-event.types.ts'
import type { ActivityEventNode } from './activity-event-node.ts'

@Resolver(() => ActivityEvent)
export class ActivityEventFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization whose activity log has the event. Null if the caller cannot see it.',
  })
  organization(
    @Root() { organizationId }: ActivityEventNode,
    @Ctx() { loaders }: Context,
  ): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(organizationId)
  }

  @FieldResolver(() => Repository, {
    nullable: true,
    description:
      'Repository that the event is about, or whose tag or image it is about. Null for other events, after the ' +
      'repository is deleted, and if the caller cannot see it. A later repository with the same name counts as it.',
  })
  async repository(
    @Root() { action, target }: ActivityEventNode,
    @Ctx() { loaders }: Context,
  ): Promise<RepositoryRow | null> {
    // Targets of tags and images are `acme/api:1.0` and `acme/api@sha256:…`.
    const [name = ''] = target.split(/[:@]/)
    return action.startsWith('repository.') ? loaders.repositoryByName.load(name) : null
  }
}
