/** Tokens of one namespace that are looked up together: a page of a list, or a single one. */
export interface TokenPage {
  readonly namespaceId: string
  readonly ids: readonly string[]
}

/** What a statement takes that selects rows of tokens. */
export interface TokensOfNamespace {
  readonly namespaceId: string
  /** A literal of PostgreSQL's (`{a,b}`): pg would look at each character of each id. */
  readonly tokenIds: string
}

/**
 * The rows of the tokens of each page. Runs the statement once for each namespace, which is once for a list: within
 * one, PostgreSQL finds the rows of many tokens in one go through the index; across them it would search for each.
 */
export async function selectForPages<Row extends { readonly tokenId: string }>(
  pages: readonly TokenPage[],
  select: (tokens: TokensOfNamespace) => Promise<Row[]>,
): Promise<Array<ReadonlyMap<string, Row[]>>> {
  const byNamespace = Map.groupBy(pages, ({ namespaceId }) => namespaceId)
  const selected = [...byNamespace].map(async ([namespaceId, ofNamespace]) => {
    const ids = ofNamespace.flatMap((page) => page.ids)
    const rows = await select({ namespaceId, tokenIds: `{${ids.join(',')}}` })
    return [namespaceId, Map.groupBy(rows, ({ tokenId }) => tokenId)] as const
  })
  const rowsOf = new Map(await Promise.all(selected))
  return pages.map(({ namespaceId }) => rowsOf.get(namespaceId) ?? new Map())
}
