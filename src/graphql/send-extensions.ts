import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import type { Context } from './context.ts'

/**
 * Notes the type of the operation for the caller of Apollo. Adds what the context collected in `extensions` to the
 * response, also to one with errors only.
 */
export const sendExtensions: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return listener
  },
}

const listener: GraphQLRequestListener<Context> = {
  async didResolveOperation({ operation, contextValue }) {
    contextValue.operationType = operation?.operation ?? null
  },
  async willSendResponse({ response: { body }, contextValue: { extensions } }) {
    if (body.kind === 'single' && Object.keys(extensions).length > 0) body.singleResult.extensions = extensions
  },
}
