import { type GraphQLObjectType, TypeNameMetaFieldDef } from 'graphql'
import { type Execution, isPromise } from './execution.ts'
import { type FieldPlan, type Shape, selectionBelow } from './query-plan.ts'

/** Marks a value that must be completed by `execute-query.ts`, with paths, promises and errors. */
export const unusual = Symbol('unusual')

/**
 * Completes a value that needs no resolver, only properties of rows. Most values of lists are like that, and need no
 * paths, which only errors and resolvers use. Returns `unusual` for all other values: null in a non-null type, a
 * promise, a function, an Error, or a value without a serialized form.
 */
export function plainValue(execution: Execution, field: FieldPlan, shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return shape.isNonNull ? unusual : null
  if (shape.kind === 'LEAF' && shape.isSerialized(value)) {
    execution.countText(value)
    return value
  }
  if (typeof value === 'function' || value instanceof Error || isPending(value)) return unusual
  switch (shape.kind) {
    case 'LEAF':
      return attempt(() => serializeLeaf(shape, value))
    case 'LIST':
      return Array.isArray(value) ? plainItems(execution, field, shape.item, value) : unusual
    case 'OBJECT':
      return plainFields(execution, field, shape.type, value)
    case 'ABSTRACT': {
      // Without `resolveType`, `__typename` of the value is its type.
      const type = shape.type.resolveType === undefined ? shape.possibleTypes.get(typeNameOf(value)) : undefined
      return type === undefined ? unusual : plainFields(execution, field, type, value)
    }
  }
}

function plainItems(execution: Execution, field: FieldPlan, shape: Shape, items: readonly unknown[]): unknown {
  const completed: unknown[] = []
  for (const item of items) {
    const value = plainValue(execution, field, shape, item)
    if (value === unusual) return unusual
    completed.push(value)
  }
  return completed
}

function plainFields(execution: Execution, above: FieldPlan, type: GraphQLObjectType, source: unknown): unknown {
  const selection = selectionBelow(execution.plan, above, type)
  if (!selection.isPlain || type.isTypeOf !== undefined || typeof source !== 'object' || source === null) return unusual
  execution.count(selection.fields.length)
  // Copying an object with all names is faster than adding the names to an empty object.
  const results: Record<string, unknown> = { ...selection.template }
  for (const field of selection.fields) {
    const { definition, responseName } = field
    if (definition === TypeNameMetaFieldDef) {
      results[responseName] = field.parentType.name
      continue
    }
    const property = attempt(() => (source as Readonly<Record<string, unknown>>)[definition.name])
    const value = property === unusual ? unusual : plainValue(execution, field, field.shape, property)
    if (value === unusual) return unusual
    results[responseName] = value
  }
  return results
}

/** The serialized form of a leaf (GraphQL, section 6.4.3). Throws if the value has no such form. */
export function serializeLeaf({ type }: Extract<Shape, { readonly kind: 'LEAF' }>, value: unknown): unknown {
  const serialized: unknown = type.serialize(value)
  if (serialized !== null && serialized !== undefined) return serialized
  throw new Error(`A value of the type ${type.name} has no serialized form.`)
}

/** The result of a function; `unusual` if it throws, so that the error is found and reported by `execute-query.ts`. */
function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return unusual
  }
}

function typeNameOf(value: unknown): string {
  return String((value as { readonly __typename?: unknown }).__typename)
}

/** Whether a value is a promise. Its rejection is ignored here: the property is read again, and may return another. */
function isPending(value: unknown): boolean {
  if (!isPromise(value)) return false
  value.then(undefined, () => undefined)
  return true
}
