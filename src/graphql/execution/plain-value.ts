import { type GraphQLObjectType, TypeNameMetaFieldDef } from 'graphql'
import { type Execution, isPromise } from './execution.ts'
import { type FieldPlan, type Shape, selectionBelow } from './query-plan.ts'

/** Stands for a value that only the careful way can complete, or explain. */
export const unusual = Symbol('unusual')

/**
 * Completes a value that needs no resolver: rows are read, and nothing else happens. Most of a list is of this kind, and it
 * needs no paths, which only errors and resolvers ask for. Gives `unusual` for whatever is not simply there: null where the
 * type forbids it, a promise, a function, an Error, a value that has no serialized form.
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
      // Without a function of its own that resolves it, the type of a value is what it says.
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
  // A copy of an object that has all names is made faster than an empty one is filled.
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

/** The serialized form of a leaf (GraphQL, section 6.4.3). Throws for a value that has none. */
export function serializeLeaf({ type }: Extract<Shape, { readonly kind: 'LEAF' }>, value: unknown): unknown {
  const serialized: unknown = type.serialize(value)
  if (serialized !== null && serialized !== undefined) return serialized
  throw new Error(`A value of the type ${type.name} has no serialized form.`)
}

/** What a function returns; `unusual` where it throws, for the careful way to say what. */
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

/** Whether a value is a promise. It may be read once more, and then be another: what this one rejects with is nobody's. */
function isPending(value: unknown): boolean {
  if (!isPromise(value)) return false
  value.then(undefined, () => undefined)
  return true
}
