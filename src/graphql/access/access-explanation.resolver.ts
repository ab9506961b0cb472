import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { Permission } from '../../domain/model/permission.ts'
import { type AccessExplanation as Explanation, explainAccess } from '../../domain/registry-access/explain-access.ts'
import type { Context } from '../context.ts'
import { PermissionEnum } from '../token/scope.types.ts'
import { AccessExplanation } from './access-explanation.types.ts'

@Resolver()
export class AccessExplanationQuery {
  @Query(() => AccessExplanation, {
    nullable: true,
    description:
      'Preview of what a token would be granted if it requested these permissions together now, with a reason for ' +
      'each denied permission. It does not count as a use or a pull. Only for people who manage the token; null if ' +
      'the caller manages no token with this id.',
  })
  explainAccess(
    @Ctx() context: Context,
    @Arg('token', () => ID, { description: 'Id of the token.' }) tokenId: string,
    @Arg('repository', () => String, { description: 'The full name of the repository, for example `acme/api`.' })
    repository: string,
    @Arg('permissions', () => [PermissionEnum], {
      description: 'Permissions to request, as in a scope: only permissions on images and repositories.',
    })
    permissions: Permission[],
  ): Promise<Explanation | null> {
    return explainAccess(context, { tokenId, repository, permissions })
  }
}
