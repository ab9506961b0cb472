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
  if (shape.kind === 'LEAF' && shape.isSerialized(value)) return value
  if (typeof value === 'function' || value instanceof Error || isPending(value)) return unusual
  switch (shape.kind) {
    case 'LEAF':
      return serialize(shape, value)
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
    const value =
      definition === TypeNameMetaFieldDef
        ? field.parentType.name
        : plainValue(execution, field, field.shape, (source as Readonly<Record<string, unknown>>)[definition.name])
    if (value === unusual) return unusual
    results[responseName] = value
  }
  return results
}

function serialize({ type }: Extract<Shape, { readonly kind: 'LEAF' }>, value: unknown): unknown {
  try {
    return type.serialize(value) ?? unusual
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
