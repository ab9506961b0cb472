import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core'
import { relayStylePagination } from '@apollo/client/utilities'
import {
  deleteToken,
  generateToken,
  listTokens,
  newToken,
  type TokenEdge,
  type TokenList,
  updateToken,
} from './documents.ts'
import type { Frontend, Send } from './frontend.ts'

/** A frontend with Apollo Client. */
export function apolloFrontend(uri: string, fetch: Send): Frontend {
  const cache = new InMemoryCache({
    possibleTypes: { AccessToken: ['OrganizationAccessToken', 'PersonalAccessToken'] },
    typePolicies: { Organization: { fields: { accessTokens: relayStylePagination() } } },
  })
  const client = new ApolloClient({ cache, link: new HttpLink({ uri, fetch }) })
  const query = gql(listTokens)
  let pages = client.watchQuery<TokenList>({ query, errorPolicy: 'all' })

  async function mutate(document: string, variables: object, update?: (data: object) => void) {
    await client.mutate<object, object>({
      mutation: gql(document),
      variables,
      update: (_, { data }) => {
        if (data && update) update(Object.values(data)[0] as object)
      },
    })
  }

  function pageInfo() {
    return client.readQuery<TokenList>({ query })?.organization?.accessTokens?.pageInfo
  }

  return {
    async open(way) {
      const variables = way === 'forward' ? { first: 2 } : { last: 2 }
      pages = client.watchQuery<TokenList>({ query, variables, errorPolicy: 'all' })
      await pages.refetch()
    },
    async more(way) {
      const variables =
        way === 'forward'
          ? { first: 2, after: pageInfo()?.endCursor, last: null, before: null }
          : { last: 2, before: pageInfo()?.startCursor, first: null, after: null }
      await pages.fetchMore({ variables })
    },
    generate: (label) =>
      mutate(generateToken, { input: newToken(label) }, (payload) => {
        const { organization, accessTokenEdge } = payload as {
          organization: { __typename: string; id: string }
          accessTokenEdge: TokenEdge
        }
        cache.modify({
          id: cache.identify(organization) ?? '',
          fields: { accessTokens: (list) => ({ ...list, edges: [accessTokenEdge, ...list.edges] }) },
        })
      }),
    rename: (id, label) => mutate(updateToken, { id, label }),
    remove: (id) =>
      mutate(deleteToken, { id }, (payload) => {
        const { deletedTypename: __typename, deletedId } = payload as { deletedTypename: string; deletedId: string }
        cache.evict({ id: cache.identify({ __typename, id: deletedId }) ?? '' })
      }),
    async shown() {
      const organization = client.readQuery<TokenList>({ query })?.organization
      const tokens = organization?.accessTokens?.edges.map(({ node: { id, label } }) => ({ id, label }))
      return { tokens: tokens ?? [], used: organization?.tokenLimit?.used ?? null }
    },
  }
}
