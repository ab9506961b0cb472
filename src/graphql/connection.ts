import { type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { encodeCursor, type Page } from '../domain/shared/page.ts'

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

    // A promise, which only fields with a resolver of their own may be.
    @Field(() => Int, { simple: false, description: 'How many items the whole list has, filter and search applied.' })
    totalCount!: number
  }
  return PageOfItems
}

/**
 * A page of a list as GraphQL answers it: its rows as `nodes`. What is not asked for is not counted, and not encoded. A
 * class, because V8 gives an object literal with getters a shape of its own each time, and keeps that, with all that the
 * getters refer to, until the next full garbage collection.
 */
export class Connection<Row, T> {
  readonly nodes: readonly T[]
  readonly #page: Page<Row>

  constructor(page: Page<Row>, nodes: readonly T[]) {
    this.#page = page
    this.nodes = nodes
  }

  get edges(): ReadonlyArray<{ readonly cursor: string; readonly node: T }> {
    return this.nodes.map((node, index) => ({ cursor: this.#cursorAt(index) ?? '', node }))
  }

  get pageInfo(): PageInfo {
    const { hasNextPage, hasPreviousPage, items } = this.#page
    const endCursor = this.#cursorAt(items.length - 1)
    return { hasNextPage, hasPreviousPage, startCursor: this.#cursorAt(0), endCursor }
  }

  get totalCount(): Promise<number> {
    return this.#page.count()
  }

  #cursorAt(index: number): string | null {
    const item = this.#page.items[index]
    return item === undefined ? null : encodeCursor(this.#page.keyOf(item))
  }
}
