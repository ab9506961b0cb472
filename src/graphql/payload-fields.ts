import { type ClassType, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../domain/model/organization.ts'
import { Organization } from './account/organization.types.ts'
import { type Edge, type EdgeOwner, edgeOf } from './connection.ts'
import type { Context } from './context.ts'

/** What caches need of the object of a payload: its place in the list, and the organization that it is in. */
interface ListedObject<Row> {
  /** The field of the payload with the object; the edge is `<field>Edge`. */
  readonly field: string
  readonly connection: EdgeOwner
  /** The sort key in the list's own order. */
  readonly keyOf: (row: Row, context: Context) => string | Promise<string>
  readonly organizationIdOf: (row: Row) => string | null
}

/**
 * Creates the resolver of the edge and of the organization of a payload's object. Both are null if there is no object,
 * as after an invalid input.
 */
export function payloadFields<Row extends object>(
  payload: () => ClassType<object>,
  { field, connection, keyOf, organizationIdOf }: ListedObject<Row>,
): ClassType<object> {
  const rowIn = (root: object): Row | null => Reflect.get(root, field) ?? null

  @Resolver(payload)
  class PayloadFields {
    @FieldResolver(() => connection.Edge, {
      name: `${field}Edge`,
      nullable: true,
      description: `\`${field}\` with its cursor in the list's own order. Null if there are \`userErrors\`.`,
    })
    async edge(@Root() root: object, @Ctx() context: Context): Promise<Edge<Row> | null> {
      const row = rowIn(root)
      return row === null ? null : edgeOf(row, await keyOf(row, context))
    }

    @FieldResolver(() => Organization, {
      nullable: true,
      description:
        `Organization of \`${field}\`, with its new counts. Null if it is not in one, if the caller cannot see it, ` +
        'and if there are `userErrors`.',
    })
    async organization(@Root() root: object, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
      const row = rowIn(root)
      const id = row && organizationIdOf(row)
      return id === null ? null : loaders.organizationById.load(id)
    }
  }
  return PayloadFields
}
