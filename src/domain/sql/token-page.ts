import type { EntityManager } from '@mikro-orm/postgresql'
import { type Compilable, type Kysely, type RawBuilder, sql } from 'kysely'
import { statement, type ValueOf } from './statement.ts'
import type { Tables } from './tables.ts'

/** Tokens of one namespace that are looked up together: a page of a list, or a single one. */
export interface TokenPage {
  readonly namespaceId: string
  readonly ids: readonly string[]
}

/** Rows by the token's id. */
export type RowsOfTokens<Row> = ReadonlyMap<string, readonly Row[]>

interface SelectedTokens {
  /** The id of the only namespace, or an array of PostgreSQL of several. */
  readonly namespaces: string
  /** An array as PostgreSQL writes it (`{a,b}`): pg would look at each character of each id. */
  readonly tokenIds: string
}

/** The condition that columns with the ids of a namespace and a token are of selected tokens. */
export type IsOfTokens = (namespaceId: string, tokenId: string) => RawBuilder<boolean>

/**
 * A statement that selects rows of the tokens of any pages: one for a request, whatever the number of namespaces. It is
 * compiled twice, because PostgreSQL finds the rows of one namespace faster, in one pass over the index.
 */
export function tokenStatement<Values extends object, Row extends { readonly tokenId: string }>(
  build: (db: Kysely<Tables>, isOfTokens: IsOfTokens, value: ValueOf<Values & SelectedTokens>) => Compilable<Row>,
) {
  const compile = (isOfNamespace: (id: RawBuilder<unknown>, value: ValueOf<SelectedTokens>) => RawBuilder<boolean>) =>
    statement((db, value: ValueOf<Values & SelectedTokens>) => {
      const isOfTokens: IsOfTokens = (namespaceId, tokenId) =>
        sql`${isOfNamespace(sql.ref(namespaceId), value)} and ${sql.ref(tokenId)} = any(${value('tokenIds')}::text[])`
      return build(db, isOfTokens, value)
    })
  const selectOfOne = compile((id, value) => sql`${id} = ${value('namespaces')}`)
  const selectOfSeveral = compile((id, value) => sql`${id} = any(${value('namespaces')}::text[])`)

  return async (em: EntityManager, pages: readonly TokenPage[], values: Values): Promise<Array<RowsOfTokens<Row>>> => {
    const namespaces = [...new Set(pages.map(({ namespaceId }) => namespaceId))]
    const select = namespaces.length === 1 ? selectOfOne : selectOfSeveral
    const tokenIds = arrayOf(pages.flatMap(({ ids }) => ids))
    const [only = ''] = namespaces
    const selected = { namespaces: namespaces.length === 1 ? only : arrayOf(namespaces), tokenIds }
    const rows = Map.groupBy(await select(em, { ...values, ...selected }), ({ tokenId }) => tokenId)
    return pages.map(() => rows)
  }
}

function arrayOf(ids: readonly string[]): string {
  return `{${ids.join(',')}}`
}
