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

// Enough for a person to see what is wrong. Each error about a name looks for names like it, which takes its time.
const maxErrors = 10

// Parsed, validated and planned documents, by the length of their source. A client has few; whoever sends a new one each time
// has it parsed each time.
const keptDocuments = { max: 500, maxSize: 200_000 }

/** The GraphQL server: Apollo, with everything off that reports, caches or shows more than an answer. */
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
      ...keptDocuments,
      sizeCalculation: ({ loc }) => loc?.source.body.length ?? 0,
    }),
    formatError: format,
    // Apollo would print to the console what is logged already.
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

// graphql-js finds it out only in executing, where it would look like a fault of ours.
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (!context.getSchema().getRootType(node.operation))
      context.reportError(
        new GraphQLError(`There are no operations of the type ${node.operation} here.`, { nodes: node }),
      )
  },
})
