import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Client } from '../harness/client.ts'

/** Asks for something that is there, and may be done. */
export type Ask = <Data extends object, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>
