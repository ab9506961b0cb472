import { type ApolloServerPlugin, type GraphQLRequestListener, HeaderMap } from '@apollo/server'
import type { DocumentNode, GraphQLError, GraphQLFormattedError, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit'
import { LRUCache } from 'lru-cache'
import type { Context } from './context.ts'

// A compiled operation takes some 100 kB; frontends have fewer operations than this.
const maxKept = 300

type Execute = CompiledQuery['query']

/**
 * Executes what comes for the second time in compiled form (graphql-jit). All else is left to Apollo, which interprets it
 * with graphql-js, so that nobody can keep the server compiling with ever-new documents. Both answer alike; tests run every
 * example on both.
 */
export function compileOperations(
  schema: GraphQLSchema,
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<Context> {
  // Apollo keeps parsed documents, so that an operation that comes again is the same object. Null: graphql-jit cannot.
  const seen = new LRUCache<OperationDefinitionNode, { execute?: Execute | null }>({ max: maxKept })

  const listener: GraphQLRequestListener<Context> = {
    async responseForOperation({ document, operation, operationName, request, contextValue }) {
      // Apollo's types do not say so, but the request may name an operation that the document does not have.
      if (!operation) return null
      const known = seen.get(operation)
      if (known === undefined) {
        seen.set(operation, {})
        return null
      }
      if (known.execute === undefined) known.execute = compile(schema, document, operationName)
      if (known.execute === null) return null
      const { data, errors } = await known.execute(undefined, contextValue, request.variables ?? {})
      // The variables are wrong, and nothing was executed: graphql-js says why.
      if (data === undefined) return null
      const formatted = errors?.map((error) => formatError(withCode(error), error))
      return {
        http: { headers: new HeaderMap() },
        body: { kind: 'single', singleResult: { ...(formatted && { errors: formatted }), data } },
      }
    },
  }
  return { requestDidStart: async () => listener }
}

function compile(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): Execute | null {
  const compiled = compileQuery(schema, document, operationName ?? undefined, {
    // What rows hold are the types that the schema says, and JSON writes the same of a Date.
    disableLeafSerialization: true,
    disablingCapturingStackErrors: true,
  })
  return isCompiledQuery(compiled) ? compiled.query : null
}

/** As Apollo shows an error to `formatError`. */
function withCode(error: GraphQLError): GraphQLFormattedError {
  const formatted = error.toJSON()
  return { ...formatted, extensions: { code: 'INTERNAL_SERVER_ERROR', ...formatted.extensions } }
}
