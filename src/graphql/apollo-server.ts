import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql'

import type { Context } from './context.ts'
import { plannedQueries } from './execution/planned-queries.ts'
import { formatError } from './format-error.ts'
import { maxTokens } from './limits/document-limits.ts'
import { limitCost } from './limits/limit-cost.ts'
import { rejectBearer } from './reject-bearer.ts'
import { sendExtensions } from './send-extensions.ts'
import { waitForDatabase } from './wait-for-database.ts'

// Enough for a person to see what is wrong. More would take time: an error about a name searches for similar names.
const maxErrors = 10

// Documents that stay parsed, validated and planned, limited by the length of their source. Clients have few documents.
const cachedDocuments = { max: 500, maxSize: 200_000 }

/** The GraphQL server: Apollo without reporting, response caching and landing page. */
export function createApolloServer(schema: GraphQLSchema, logFault: (error: unknown) => void): ApolloServer<Context> {
  const format = (formatted: GraphQLFormattedError, error: unknown) => formatError(formatted, error, logFault)
  return new ApolloServer<Context>({
    schema,
    introspection: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    csrfPrevention: true,
    parseOptions: { maxTokens },
    validationOptions: { maxErrors },
    documentStore: new InMemoryLRUCache<DocumentNode>({
      ...cachedDocuments,
      sizeCalculation: ({ loc }) => loc?.source.body.length ?? 0,
    }),
    formatError: format,
    // By default, Apollo prints to the console, beside our log.
    logger: { debug() {}, info() {}, warn: logFault, error: logFault },
    validationRules: [knownOperationTypes],
    plugins: [
      rejectBearer,
      limitCost,
      plannedQueries(schema, format),
      waitForDatabase,
      sendExtensions,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
}

// graphql-js rejects these only during execution, where the error would look like an internal error.
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (!context.getSchema().getRootType(node.operation))
      context.reportError(
        new GraphQLError(`The schema has no operations of the type ${node.operation}.`, { nodes: node }),
      )
  },
})
