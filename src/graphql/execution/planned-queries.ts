import { type ApolloServerPlugin, type GraphQLRequestListener, HeaderMap } from '@apollo/server'
import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql'
import type { Context } from '../context.ts'
import { tooLarge } from '../limits/document-limits.ts'
import { executeQuery } from './execute-query.ts'
import { OperationPlans } from './operation-plans.ts'

// As graphql-js and Apollo do.
const maxCoercionErrors = 50

/**
 * Executes queries by plans that are kept as long as Apollo keeps their document. Mutations, and requests with wrong
 * variables, are left to Apollo, which executes them with graphql-js.
 */
export function plannedQueries(
  schema: GraphQLSchema,
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<Context> {
  const plansOf = new WeakMap<OperationDefinitionNode, OperationPlans>()
  const listener: GraphQLRequestListener<Context> = {
    async responseForOperation({ document, operation, request, contextValue }) {
      // Apollo's types do not say so, but the request may name an operation that the document does not have.
      if (operation?.operation !== 'query') return null
      const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {}, {
        maxErrors: maxCoercionErrors,
      })
      if (coerced === undefined) return null
      let plans = plansOf.get(operation)
      if (plans === undefined) {
        plans = new OperationPlans(schema, document, operation)
        plansOf.set(operation, plans)
      }
      const plan = plans.planFor(coerced)
      // graphql-js, which knows no limit of work, would say no more.
      const { data, errors }: ExecutionResult =
        plan === null ? { errors: [nullCondition()] } : await executeQuery(plan, contextValue, coerced)
      const formatted = errors?.map((error) => formatError(withCode(error), error))
      return {
        http: { headers: new HeaderMap(), ...(data === undefined && { status: 400 }) },
        body: {
          kind: 'single',
          singleResult: { ...(formatted && { errors: formatted }), ...(data !== undefined && { data }) },
        },
      }
    },
  }
  return { requestDidStart: async () => listener }
}

function nullCondition(): GraphQLError {
  return tooLarge('A variable that @skip or @include reads is null. Write true or false.')
}

/** As Apollo shows an error to `formatError`. */
function withCode(error: GraphQLError): GraphQLFormattedError {
  const formatted = error.toJSON()
  return { ...formatted, extensions: { code: 'INTERNAL_SERVER_ERROR', ...formatted.extensions } }
}
