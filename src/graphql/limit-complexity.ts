import { createRequire } from 'node:module'
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import { GraphQLError } from 'graphql'
import type * as GraphqlQueryComplexity from 'graphql-query-complexity'
import { maxComplexity } from './complexity.ts'
import type { Context } from './context.ts'

// Its ESM build brings a second copy of graphql, which takes no schema of the first.
const queryComplexity: typeof GraphqlQueryComplexity = createRequire(import.meta.url)('graphql-query-complexity')
const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = queryComplexity

/**
 * Refuses operations that cost too much, before anything is executed. It looks at every request and its variables:
 * validation rules would see neither a repeated document nor a `first` that is a variable.
 */
export const limitComplexity: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return requestListener
  },
}

const requestListener: GraphQLRequestListener<Context> = {
  async didResolveOperation({ schema, document, operation, request }) {
    const variables = request.variables ?? {}
    const known = knownComplexities(operation ?? document)
    const key = decisive(variables)
    if (known.has(key)) return
    const complexity = complexityOf({
      schema,
      query: document,
      variables,
      ...(request.operationName && { operationName: request.operationName }),
      estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
    })
    if (complexity > maxComplexity)
      throw refused(
        `This operation costs ${complexity}, and at most ${maxComplexity} is allowed. Ask for smaller pages or fewer nested lists.`,
      )
    if (known.size < maxKnown && key.length <= maxKeyLength) known.add(key)
  },
}

// Reckoning it anew for each request takes as long as compiled execution does.
const maxKnown = 100
// Variables may be sent that no operation has.
const maxKeyLength = 200
const allowed = new WeakMap<object, Set<string>>()

/** The variables, by `decisive`, with which an operation is known to be allowed. Documents that Apollo keeps are the same objects. */
function knownComplexities(operation: object): Set<string> {
  let known = allowed.get(operation)
  if (known === undefined) {
    known = new Set()
    allowed.set(operation, known)
  }
  return known
}

/** What of the variables decides what an operation costs: the length of pages (or that it is null), and what `@include` and `@skip` read. */
function decisive(variables: Record<string, unknown>): string {
  return JSON.stringify(
    Object.entries(variables).filter(
      ([, value]) => value === null || (typeof value !== 'string' && typeof value !== 'object'),
    ),
  )
}

function complexityOf(options: Parameters<typeof getComplexity>[0]): number {
  try {
    return getComplexity(options)
  } catch (error) {
    // It reads the variables first, and gives up on fragments that unfold without end: faults of the caller's, both.
    throw error instanceof GraphQLError ? refused(error.message) : error
  }
}

function refused(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } })
}
