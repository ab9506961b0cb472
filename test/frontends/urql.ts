import { readFileSync } from 'node:fs'
import { Client, fetchExchange } from '@urql/core'
import { type Cache, cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { buildSchema, introspectionFromSchema } from 'graphql'
import {
  deleteToken,
  generateToken,
  listTokens,
  newToken,
  type PageVariables,
  type TokenEdge,
  type TokenList,
  updateToken,
} from './documents.ts'
import type { Frontend, Send } from './frontend.ts'

/** A frontend with urql and its normalised cache. */
export function urqlFrontend(url: string, fetch: Send): Frontend {
  let opened: PageVariables = { first: 2 }
  let latest: PageVariables = opened

  /** Changes the edges of the opened page in the cache. */
  function changeEdges(cache: Cache, change: (edges: readonly TokenEdge[]) => readonly TokenEdge[]): void {
    cache.updateQuery<TokenList>(
      { query: listTokens, variables: { ...opened } as Record<string, number | null> },
      (data) => {
        const { organization } = data ?? {}
        if (!organization?.accessTokens) return data
        const { accessTokens } = organization
        return {
          organization: { ...organization, accessTokens: { ...accessTokens, edges: change(accessTokens.edges) } },
        }
      },
    )
  }

  const cache = cacheExchange({
    schema: introspectionFromSchema(buildSchema(readFileSync('schema/schema.graphql', 'utf8'))),
    keys: { TokenLimit: () => null },
    resolvers: { Organization: { accessTokens: relayPagination() } },
    updates: {
      Mutation: {
        generateOrganizationToken: ({ generateOrganizationToken: payload }, _, updated) => {
          const { accessTokenEdge } = payload as unknown as { accessTokenEdge: TokenEdge }
          changeEdges(updated, (edges) => [accessTokenEdge, ...edges])
        },
        deleteToken: ({ deleteToken: payload }, _, updated) => {
          const { deletedId } = payload as unknown as { deletedId: string }
          changeEdges(updated, (edges) => edges.filter(({ node }) => node.id !== deletedId))
        },
      },
    },
  })
  const client = new Client({ url, fetch, exchanges: [cache, fetchExchange], preferGetMethod: false })

  async function load(variables: PageVariables): Promise<void> {
    latest = variables
    await client.query(listTokens, variables, { requestPolicy: 'network-only' }).toPromise()
  }

  async function cached(): Promise<TokenList['organization']> {
    const { data } = await client.query<TokenList>(listTokens, latest, { requestPolicy: 'cache-only' }).toPromise()
    return data?.organization ?? null
  }

  async function mutate(document: string, variables: object): Promise<void> {
    const { error } = await client.mutation(document, variables).toPromise()
    if (error) throw error
  }

  return {
    open(way) {
      opened = way === 'forward' ? { first: 2 } : { last: 2 }
      return load(opened)
    },
    async more(way) {
      const pageInfo = (await cached())?.accessTokens?.pageInfo
      await load(
        way === 'forward' ? { first: 2, after: pageInfo?.endCursor } : { last: 2, before: pageInfo?.startCursor },
      )
    },
    generate: (label) => mutate(generateToken, { input: newToken(label) }),
    rename: (id, label) => mutate(updateToken, { id, label }),
    remove: (id) => mutate(deleteToken, { id }),
    async shown() {
      const organization = await cached()
      const tokens = organization?.accessTokens?.edges.map(({ node: { id, label } }) => ({ id, label }))
      return { tokens: tokens ?? [], used: organization?.tokenLimit?.used ?? null }
    },
  }
}
