import {
  type ConcreteRequest,
  ConnectionHandler,
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime'
import { newToken, type PageVariables, type TokenList } from './documents.ts'
import type { Frontend, Send } from './frontend.ts'
import type { Documents } from './relay/compile.ts'

/** A frontend with Relay. */
export function relayFrontend(url: string, send: Send, documents: Documents): Frontend {
  const environment = new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(async ({ text: query }, variables) => {
      const body = JSON.stringify({ query, variables })
      const response = await send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return (await response.json()) as GraphQLResponse
    }),
  })
  let latest: PageVariables = {}

  function organization(): TokenList['organization'] {
    const { fragment } = createOperationDescriptor(documents.query, latest)
    return (environment.lookup(fragment).data as unknown as TokenList | null)?.organization ?? null
  }

  /** What the list needs to be changed: the id of its connection. */
  function connections(): string[] {
    return [ConnectionHandler.getConnectionID(organization()?.id ?? '', 'documents_accessTokens')]
  }

  async function load(variables: PageVariables): Promise<void> {
    latest = variables
    environment.retain(createOperationDescriptor(documents.query, variables))
    await fetchQuery(environment, documents.query, variables).toPromise()
  }

  function mutate(mutation: ConcreteRequest, variables: Record<string, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      commitMutation(environment, { mutation, variables, onCompleted: () => resolve(), onError: reject })
    })
  }

  return {
    open: (way) => load(way === 'forward' ? { first: 2 } : { last: 2 }),
    more(way) {
      const pageInfo = organization()?.accessTokens?.pageInfo
      return load(
        way === 'forward' ? { first: 2, after: pageInfo?.endCursor } : { last: 2, before: pageInfo?.startCursor },
      )
    },
    generate: (label) => mutate(documents.generate, { input: newToken(label), connections: connections() }),
    rename: (id, label) => mutate(documents.update, { id, label }),
    remove: (id) => mutate(documents.remove, { id, connections: connections() }),
    async shown() {
      const shown = organization()
      const tokens = shown?.accessTokens?.edges.map(({ node: { id, label } }) => ({ id, label }))
      return { tokens: tokens ?? [], used: shown?.tokenLimit?.used ?? null }
    },
  }
}
