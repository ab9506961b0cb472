import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import { Kind, visit } from 'graphql'
import type { Context } from '../context.ts'
import { tooLarge } from './document-limits.ts'
import { costOf, type OperationCost } from './operation-cost.ts'

/** Maximum number of fields of a response with full pages. A page of 100 tokens with all fields has half of it. */
export const maxFields = 10_000
/** Maximum number of statements of the fields of an operation, without those that authenticate the caller. */
export const maxStatements = 14
/** Maximum number of passwords that an operation hashes, device codes that it tries, and providers that it calls. */
export const maxSlowFields = 1

/**
 * Rejects operations that cost too much, before they are executed. It checks every request with its variables;
 * validation rules are not run for cached documents and do not see a page length that is a variable.
 */
export const limitCost: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return requestListener
  },
}

const requestListener: GraphQLRequestListener<Context> = {
  async didResolveOperation({ schema, document, operation, request, contextValue }) {
    // Despite Apollo's types, there is no operation if the request names one that the document does not contain.
    if (!operation) return
    const variables = request.variables ?? {}
    const { decisive, allowed } = knownOf(document, operation)
    const key = decisive.map((name) => pageKey(variables, name)).join()
    const known = allowed.get(key)
    const cost = known ?? costOf(schema, document, operation, variables)
    const { fields, statements, slow } = cost
    contextValue.extensions.cost = { fields, fieldsMax: maxFields, lookups: statements, lookupsMax: maxStatements }
    if (known !== undefined) return
    if (fields > maxFields)
      throw tooLarge(
        `This operation costs ${fields} fields, and at most ${maxFields} are allowed. Request smaller pages or ` +
          'fewer nested lists.',
      )
    if (statements > maxStatements)
      throw tooLarge(
        `This operation costs ${statements} lookups, and at most ${maxStatements} are allowed. Request fewer ` +
          'lists, or send several requests.',
      )
    if (slow > maxSlowFields)
      throw tooLarge(
        'An operation can check one password or device code, or call one provider. Send a request for each.',
      )
    if (allowed.size < maxKnown && key.length <= maxKeyLength) allowed.set(key, cost)
  },
}

/** The value of a variable for a page length, in a form that determines the cost of an operation. */
function pageKey(variables: Readonly<Record<string, unknown>>, name: string): string {
  if (!Object.hasOwn(variables, name)) return 'absent'
  const value = variables[name]
  return typeof value === 'number' ? String(value) : 'other'
}

// Results are cached, because computing the cost takes as long as executing a small query. Clients use few page
// lengths, and all documents together can have thousands of operations.
const maxKnown = 10
const maxKeyLength = 100

interface Known {
  /** The variables for page lengths. */
  readonly decisive: readonly string[]
  /** The costs with which the operation is allowed, by the joined values of these variables. */
  readonly allowed: Map<string, OperationCost>
}

const knownOperations = new WeakMap<OperationDefinitionNode, Known>()

// Requests with a document that Apollo has cached share its objects.
function knownOf(document: DocumentNode, operation: OperationDefinitionNode): Known {
  let known = knownOperations.get(operation)
  if (known === undefined) {
    const names = new Set<string>()
    visit(document, {
      Argument({ name, value }) {
        if ((name.value === 'first' || name.value === 'last') && value.kind === Kind.VARIABLE)
          names.add(value.name.value)
      },
    })
    known = { decisive: [...names], allowed: new Map() }
    knownOperations.set(operation, known)
  }
  return known
}
