import { type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { encodeCursor, type Page } from '../domain/shared/page.ts'

/** Position of a page in its list (Relay cursor connections specification, section 5). */
@ObjectType({ description: 'Position of a page in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, {
    description:
      'Whether more items follow. Request them with `first`, and `after: endCursor`. On a page backward, whether ' +
      '`before` was given.',
  })
  hasNextPage!: boolean

  @Field(() => Boolean, {
    description:
      'Whether there are items before the page. Request them with `last`, and `before: startCursor`. On a page ' +
      'forward, whether `after` was given.',
  })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'Cursor of the first item. Null if the page is empty.' })
  startCursor!: string | null

  @Field(() => String, { nullable: true, description: 'Cursor of the last item. Null if the page is empty.' })
  endCursor!: string | null
}

/** An item of a page, with its cursor. */
export interface Edge<T> {
  readonly cursor: string
  readonly node: T
}

/** A connection type, with the type of its edges. */
export interface EdgeOwner {
  readonly Edge: ClassType<Edge<object>>
}

/** The edge of an item with this sort key. */
export function edgeOf<T>(node: T, key: string): Edge<T> {
  return { cursor: encodeCursor(key), node }
}

/** Creates the connection and edge types of a list: `XConnection` and `XEdge` for items of the type named `X`. */
export function connectionType<T extends object>(name: string, nodeType: () => ClassType<T> | object, plural: string) {
  @ObjectType(`${name}Edge`, { description: `Item of a page of ${plural}, with its cursor.`, simpleResolvers: true })
  class ItemEdge {
    @Field(() => String, {
      description:
        'Cursor of the item. Pass it as `after` for the items that follow, or as `before` for those before it.',
    })
    cursor!: string

    @Field(() => nodeType() as ClassType<T>, { description: 'The item.' })
    node!: T
  }

  @ObjectType(`${name}Connection`, { description: `Page of a list of ${plural}.`, simpleResolvers: true })
  class PageOfItems {
    @Field(() => [ItemEdge], { description: 'Items of the page, with their cursors.' })
    edges!: ItemEdge[]

    @Field(() => [nodeType() as ClassType<T>], { description: 'Items of the page.' })
    nodes!: T[]

    @Field(() => PageInfo, { description: 'Position of the page in the list.' })
    pageInfo!: PageInfo

    // The value is a promise, which simple resolvers cannot return.
    @Field(() => Int, { simple: false, description: 'Number of items of the whole list, after filter and search.' })
    totalCount!: number
  }
  return Object.assign(PageOfItems, { Edge: ItemEdge })
}

/**
 * A page of a list as GraphQL returns it, with its rows as `nodes`. Counts and cursors are computed only if they are
 * requested. This is a class, because V8 gives every object literal with getters a new shape, and keeps the shape and
 * everything that the getters refer to until the next full garbage collection.
 */
export class Connection<Row, T> {
  readonly nodes: readonly T[]
  readonly #page: Page<Row>

  constructor(page: Page<Row>, nodes: readonly T[]) {
    this.#page = page
    this.nodes = nodes
  }

  get edges(): ReadonlyArray<Edge<T>> {
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
