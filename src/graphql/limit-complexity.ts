import { createRequire } from 'node:module'
import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError } from 'graphql'
import type * as GraphqlQueryComplexity from 'graphql-query-complexity'
import { maxComplexity } from './complexity.ts'
import type { Context } from './context.ts'

// Its ESM build brings a second copy of graphql, which takes no schema of the first.
const queryComplexity: typeof GraphqlQueryComplexity = createRequire(import.meta.url)('graphql-query-complexity')
const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = queryComplexity

/**
 * Refuses operations that cost too much, before anything is executed. It runs for every request and with its variables:
 * validation rules would see neither a repeated document nor a `first` that is a variable.
 */
export const limitComplexity: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, request }) {
        const complexity = complexityOf({
          schema,
          query: document,
          variables: request.variables ?? {},
          ...(request.operationName && { operationName: request.operationName }),
          estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
        })
        if (complexity > maxComplexity)
          throw refused(
            `This operation costs ${complexity}, and at most ${maxComplexity} is allowed. Ask for smaller pages or fewer nested lists.`,
          )
      },
    }
  },
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
