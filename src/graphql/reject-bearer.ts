import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import type { Context } from './context.ts'
import { unauthenticatedError } from './format-error.ts'
import { isOpen } from './guard-schema.ts'

/**
 * Executes operations that anyone may call as anonymous if the session token was rejected, so that a frontend can sign
 * in while it still sends an ended session. `extensions.authentication` of the response says so. All other operations
 * return 401. Rejected access tokens never get here: a pipeline must not mistake an expired token for an empty result.
 */
export const rejectBearer: ApolloServerPlugin<Context> = {
  async requestDidStart({ contextValue: { rejection, extensions } }) {
    if (rejection === null) return
    extensions.authentication = { code: rejection.code, message: rejection.message }
    return rejectedListener
  },
}

const rejectedListener: GraphQLRequestListener<Context> = {
  async didResolveOperation({ document, operation, contextValue: { rejection } }) {
    if (rejection !== null && operation && !isOpenToAnyone(document, operation)) throw unauthenticatedError(rejection)
  },
}

const rootTypes = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

/** Whether anyone may call every root field of the operation, whatever its directives say. */
function isOpenToAnyone(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const seen = new Set<string>()
  const isOpenSelection = (selections: SelectionSetNode | undefined): boolean =>
    selections?.selections.every((selection) => {
      if (selection.kind === Kind.FIELD)
        return selection.name.value.startsWith('__') || isOpen(rootTypes[operation.operation], selection.name.value)
      if (selection.kind === Kind.INLINE_FRAGMENT) return isOpenSelection(selection.selectionSet)
      const name = selection.name.value
      if (seen.has(name)) return true
      seen.add(name)
      const fragment = document.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
      )
      return fragment?.kind === Kind.FRAGMENT_DEFINITION && isOpenSelection(fragment.selectionSet)
    }) ?? false
  return isOpenSelection(operation.selectionSet)
}
