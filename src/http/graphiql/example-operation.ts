/** An operation that the page opens as a tab of its own. */
export interface ExampleOperation {
  /** What the operation is called where it is kept: its file's name without the ending. */
  name: string
  /** The GraphQL document; the tab bears the name of the operation in it. */
  source: string
  /** Example variables: a JSON object, as text. */
  variables?: string
}
