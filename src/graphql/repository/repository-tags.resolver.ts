import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { listTags } from '../../domain/repository/list-tags.ts'
import type { RepositoryRow } from '../../domain/repository/repository-store.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { PageArgs, searchArgument } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { Repository } from './repository.types.ts'
import { RepositoryTagConnection } from './tag.types.ts'

@Resolver(() => Repository)
export class RepositoryTagsField {
  @FieldResolver(() => RepositoryTagConnection, {
    description: 'Tags that registries reported, last push first.',
  })
  async tags(
    @Root() repository: RepositoryRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('search', () => String, searchArgument) search: string | null,
  ) {
    const page = await listTags(context, repository, parsePage(args), search)
    const tags = page.items.map(({ actorKind: kind, actorId: id, actorName: name, ...tag }) => ({
      ...tag,
      id: `${repository.id}:${tag.name}`,
      repository,
      pushedBy: { kind, id, name },
    }))
    return new Connection(page, tags)
  }
}
