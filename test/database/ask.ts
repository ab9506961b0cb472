import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Allowed, Client } from '../harness/client.ts'

/** Sends a request that must succeed and return an object. */
export type Ask = <Data extends object, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Allowed<Data>>
