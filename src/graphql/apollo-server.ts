import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type ValidationRule } from 'graphql'
import { compileOperations } from './compile-operations.ts'
import type { Context } from './context.ts'
import { formatError } from './format-error.ts'
import { limitComplexity } from './limit-complexity.ts'

// The longest example operation has a tenth of it; and however a document of so many is nested, the stack is deep enough.
const maxTokens = 2_000

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
    formatError: format,
    // Apollo would print to the console what is logged already.
    logger: { debug() {}, info() {}, warn: logFault, error: logFault },
    validationRules: [knownOperationTypes],
    plugins: [
      limitComplexity,
      compileOperations(schema, format),
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
