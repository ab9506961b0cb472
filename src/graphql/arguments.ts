import { ArgsType, type ClassType, Field, Int } from 'type-graphql'
import { defaultPageSize, maxPageSize, type PageArguments } from '../domain/shared/page.ts'

/** Creates the arguments of a list (Relay cursor connections specification, section 4). */
export function pageArgs(defaultFirst: number): ClassType<PageArguments> {
  @ArgsType()
  class PageArgsWithDefault implements PageArguments {
    // `buildSchema` reverses the arguments of each field.
    @Field(() => String, {
      nullable: true,
      description: 'Cursor before which a page of `last` items ends. If omitted, the page is the last.',
    })
    before?: string | null

    @Field(() => Int, {
      nullable: true,
      description:
        `Number of items before \`before\`, at most ${maxPageSize}, in the order of the list. Use it without ` +
        '`first` and `after`.',
    })
    last?: number | null

    @Field(() => String, {
      nullable: true,
      description: 'Cursor after which the page starts. If omitted, the page is the first.',
    })
    after?: string | null

    @Field(() => Int, {
      defaultValue: defaultFirst,
      nullable: true,
      description:
        `Number of items, at most ${maxPageSize}. A larger number is an error. ` +
        'The default is ignored with `last`.',
    })
    first?: number | null
  }
  return PageArgsWithDefault
}

/** The arguments of most lists. */
export const PageArgs = pageArgs(defaultPageSize)

export const searchArgument = {
  nullable: true,
  description: 'Only items whose name contains this text. Ignores case.',
} as const
