import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { OperationPlans } from './operation-plans.ts'

/**
 * The most that the plans of all operations have together: planned fields and selections, and the tokens of their
 * documents, which plans keep in memory. Each takes up to 500 bytes. A list with all its fields has about 150.
 */
const maxSize = 50_000

/**
 * The plans of the operations that clients sent last. A document can be short and its plan large, because a plan has
 * the fields of every fragment once for each place where it is spread.
 */
export class KeptPlans {
  readonly #schema: GraphQLSchema
  /** Operations that were sent before. Apollo keeps their documents, so the same objects come again. */
  readonly #seen = new WeakSet<OperationDefinitionNode>()
  readonly #kept = new LRUCache<OperationDefinitionNode, OperationPlans>({ maxSize })

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /**
   * The plans of an operation. Those of queries are kept from the second use, because most documents of attackers come
   * once. Those of mutations never are: they take more time to execute than to plan, and what changes data runs as it
   * did the first time.
   */
  plansOf(document: DocumentNode, operation: OperationDefinitionNode): OperationPlans {
    const kept = this.#kept.get(operation)
    if (kept !== undefined) return kept
    const tokens = countTokens(document)
    const plans: OperationPlans = new OperationPlans(this.#schema, document, operation, () => {
      // Requests may still execute plans that were dropped meanwhile.
      if (this.#kept.peek(operation) === plans) this.#keep(operation, plans, tokens)
    })
    if (operation.operation === 'mutation') return plans
    if (this.#seen.has(operation)) this.#keep(operation, plans, tokens)
    else this.#seen.add(operation)
    return plans
  }

  #keep(operation: OperationDefinitionNode, plans: OperationPlans, tokens: number): void {
    // The cache does not change the size of a value that it has already.
    this.#kept.delete(operation)
    this.#kept.set(operation, plans, { size: tokens + plans.size })
  }
}

function countTokens({ loc }: DocumentNode): number {
  let count = 1
  for (let token = loc?.startToken.next; token; token = token.next) count++
  return count
}
