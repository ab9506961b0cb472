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
      'What a token would be granted on a repository if it asked for these permissions together now, and why not the rest. It counts as no use and no pull. For those who manage the token; null when there is none of that id that the caller manages.',
  })
  explainAccess(
    @Ctx() context: Context,
    @Arg('token', () => ID, { description: "The token's id." }) tokenId: string,
    @Arg('repository', () => String, { description: 'The full name of the repository, for example `acme/api`.' })
    repository: string,
    @Arg('permissions', () => [PermissionEnum], {
      description: 'What is asked for, as in a scope: permissions on images and repositories.',
    })
    permissions: Permission[],
  ): Promise<Explanation | null> {
    return explainAccess(context, { tokenId, repository, permissions })
  }
}
