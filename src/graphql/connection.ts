import { type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { encodeCursor, type Page } from '../domain/page.ts'

/** Where a page stands in its list (Relay cursor connections specification, section 5). */
@ObjectType({ description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows: ask for it with `after: endCursor`.' })
  hasNextPage!: boolean

  @Field(() => Boolean, { description: 'Whether the page was asked for with `after`, so that something precedes it.' })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'The cursor of the first item; null on an empty page.' })
  startCursor!: string | null

  @Field(() => String, { nullable: true, description: 'The cursor of the last item; null on an empty page.' })
  endCursor!: string | null
}

/** A page of a list as GraphQL answers it. The members are read only when they are asked for. */
export interface Connection<T> {
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: T }>
  readonly nodes: readonly T[]
  readonly pageInfo: PageInfo
  readonly totalCount: Promise<number>
}

/** Makes the connection and edge types of a list: `XConnection` and `XEdge` for items of the type named `X`. */
export function connectionType<T extends object>(name: string, nodeType: () => ClassType<T> | object, plural: string) {
  @ObjectType(`${name}Edge`, { description: `One of the ${plural} of a page, with its cursor.`, simpleResolvers: true })
  class Edge {
    @Field(() => String, { description: 'Where this item stands: give it as `after` to go on behind it.' })
    cursor!: string

    @Field(() => nodeType() as ClassType<T>, { description: 'The item.' })
    node!: T
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${plural}.`, simpleResolvers: true })
  class PageOfItems {
    @Field(() => [Edge], { description: 'The items of this page, with their cursors.' })
    edges!: Edge[]

    @Field(() => [nodeType() as ClassType<T>], { description: 'The items of this page.' })
    nodes!: T[]

    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo

    @Field(() => Int, { description: 'How many items the whole list has, filter and search applied.' })
    totalCount!: number
  }
  return PageOfItems
}

/** Answers a page as a connection, each of its rows as `toNode` makes it. */
export function toConnection<Row, T>(page: Page<Row>, toNode: (row: Row) => T): Connection<T> {
  const cursorOf = (row: Row | undefined) => (row === undefined ? null : encodeCursor(page.keyOf(row)))
  return {
    get edges() {
      return page.items.map((row) => ({ cursor: encodeCursor(page.keyOf(row)), node: toNode(row) }))
    },
    get nodes() {
      return page.items.map(toNode)
    },
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: cursorOf(page.items[0]),
      endCursor: cursorOf(page.items.at(-1)),
    },
    get totalCount() {
      return page.count()
    },
  }
}

/** For rows that are answered as they are. */
export function asItIs<T>(row: T): T {
  return row
}
