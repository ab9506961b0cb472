/** An operation that the sidebar of GraphiQL offers. */
export interface ExampleOperation {
  /** The name of the operation in the document. */
  name: string
  /** The group in the sidebar. */
  subject: string
  /** What the operation does, from the comment above it. Can be empty. */
  description: string
  /** The GraphQL document. */
  source: string
  /** The example variables: a JSON object, as text. */
  variables?: string
}
