import { type ApolloServerPlugin, type GraphQLRequestListener, type GraphQLResponse, HeaderMap } from '@apollo/server'
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql'
import type { Context } from '../context.ts'
import { tooLarge } from '../limits/document-limits.ts'
import { executeQuery } from './execute-query.ts'
import { OperationPlans } from './operation-plans.ts'

// Enough for a person to see what is wrong. Each error prints its whole variable, and most of that is removed.
const maxCoercionErrors = 10

/**
 * Executes queries by plans that are kept as long as Apollo keeps their document, and returns the errors of invalid
 * variables. Apollo itself executes mutations, with graphql-js.
 */
export function plannedQueries(
  schema: GraphQLSchema,
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<Context> {
  const plansOf = new WeakMap<OperationDefinitionNode, OperationPlans>()
  const listener: GraphQLRequestListener<Context> = {
    async responseForOperation({ document, operation, request, contextValue }) {
      // Despite Apollo's types, there is no operation if the request names one that the document does not contain.
      if (!operation) return null
      const variables = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {}, {
        maxErrors: maxCoercionErrors,
      })
      if (variables.errors !== undefined) return responseOf({ errors: variables.errors.map(asWrongInput) })
      if (operation.operation !== 'query') return null
      const { coerced } = variables
      let plans = plansOf.get(operation)
      if (plans === undefined) {
        plans = new OperationPlans(schema, document, operation)
        plansOf.set(operation, plans)
      }
      const plan = plans.planFor(coerced)
      // graphql-js would return the same error, but it has no limit of work.
      return responseOf(plan === null ? { errors: [nullCondition()] } : await executeQuery(plan, contextValue, coerced))
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
