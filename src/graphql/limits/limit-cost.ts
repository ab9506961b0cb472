import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import { Kind, visit } from 'graphql'
import type { Context } from '../context.ts'
import { tooLarge } from './document-limits.ts'
import { costOf, type OperationCost } from './operation-cost.ts'

/** The most fields that a response may have, where every page is full: a page of 100 tokens with every field has half. */
export const maxFields = 10_000
/** The most statements that the fields of an operation may take, beside those that authenticate the caller. */
export const maxStatements = 14
/** The most passwords that an operation may have hashed, and providers that it may have asked. */
export const maxSlowFields = 1

/**
 * Refuses operations that cost too much, before anything is executed. It looks at every request and its variables:
 * validation rules would see neither a repeated document nor a `first` that is a variable.
 */
export const limitCost: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return requestListener
  },
}

const requestListener: GraphQLRequestListener<Context> = {
  async didResolveOperation({ schema, document, operation, request, contextValue }) {
    // Apollo's types do not say so, but the request may name an operation that the document does not have.
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
        `This operation costs ${fields} fields, and at most ${maxFields} are allowed. Ask for smaller pages or fewer nested lists.`,
      )
    if (statements > maxStatements)
      throw tooLarge(
        `This operation costs ${statements} lookups, and at most ${maxStatements} are allowed. Ask for fewer lists, or send several requests.`,
      )
    if (slow > maxSlowFields)
      throw tooLarge('An operation may check one password or ask one provider. Send a request for each.')
    if (allowed.size < maxKnown && key.length <= maxKeyLength) allowed.set(key, cost)
  },
}

/** A page length that was given, as far as it decides what an operation costs. */
function pageKey(variables: Readonly<Record<string, unknown>>, name: string): string {
  if (!Object.hasOwn(variables, name)) return 'absent'
  const value = variables[name]
  return typeof value === 'number' ? String(value) : 'other'
}

// Counting for each request takes as long as executing a small query.
const maxKnown = 100
const maxKeyLength = 200

interface Known {
  /** The variables that say how long pages are. */
  readonly decisive: readonly string[]
  /** What the operation costs with each of their values, as JSON, with which it is allowed. */
  readonly allowed: Map<string, OperationCost>
}

const knownOperations = new WeakMap<OperationDefinitionNode, Known>()

// Documents that Apollo keeps are the same objects.
function knownOf(document: DocumentNode, operation: OperationDefinitionNode): Known {
  let known = knownOperations.get(operation)
  if (known === undefined) {
    const names = new Set<string>()
    visit(document, {
      Argument({ name, value }) {
        if (name.value === 'first' && value.kind === Kind.VARIABLE) names.add(value.name.value)
      },
    })
    known = { decisive: [...names], allowed: new Map() }
    knownOperations.set(operation, known)
  }
  return known
}
