import { type ApolloServerPlugin, type GraphQLRequestListener, type GraphQLResponse, HeaderMap } from '@apollo/server'
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
} from 'graphql'
import type { Context } from '../context.ts'
import { tooLarge } from '../limits/document-limits.ts'
import { executeMutation } from './execute-mutation.ts'
import { executeQuery } from './execute-query.ts'
import { KeptPlans } from './kept-plans.ts'

// Enough for a person to see what is wrong. Each error prints its whole variable, and most of that is removed.
const maxCoercionErrors = 10

/**
 * Executes queries and mutations by plans, instead of Apollo with graphql-js, which has no limit of work. Returns the
 * errors of invalid variables.
 */
export function plannedQueries(
  schema: GraphQLSchema,
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<Context> {
  const kept = new KeptPlans(schema)
  const listener: GraphQLRequestListener<Context> = {
    async responseForOperation({ document, operation, request, contextValue }) {
      // Despite Apollo's types, there is no operation if the request names one that the document does not contain.
      if (!operation) return null
      const variables = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {}, {
        maxErrors: maxCoercionErrors,
      })
      if (variables.errors !== undefined) return responseOf({ errors: variables.errors.map(asWrongInput) })
      const { coerced } = variables
      const plan = kept.plansOf(document, operation).planFor(coerced)
      if (plan === null) return responseOf({ errors: [nullCondition()] })
      const execute = operation.operation === 'mutation' ? executeMutation : executeQuery
      return responseOf(await execute(plan, contextValue, coerced))
    },
  }
  return { requestDidStart: async () => listener }

  function responseOf({ data, errors }: ExecutionResult): GraphQLResponse {
    const formatted = errors?.map((error) => formatError(withCode(error), error))
    return {
      http: { headers: new HeaderMap(), ...(data === undefined && { status: 400 }) },
      body: {
        kind: 'single',
        singleResult: { ...(formatted && { errors: formatted }), ...(data !== undefined && { data }) },
      },
    }
  }
}

function asWrongInput({ message, nodes }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { ...(nodes && { nodes }), extensions: { code: 'BAD_USER_INPUT' } })
}

function nullCondition(): GraphQLError {
  return tooLarge('A variable that @skip or @include reads is null. Write true or false.')
}

/** The format in which Apollo passes errors to `formatError`. */
function withCode(error: GraphQLError): GraphQLFormattedError {
  const formatted = error.toJSON()
  return { ...formatted, extensions: { code: 'INTERNAL_SERVER_ERROR', ...formatted.extensions } }
}
