import { type ExecutionResult, GraphQLError, type GraphQLObjectType, TypeNameMetaFieldDef } from 'graphql'
import type { Context } from '../context.ts'
import { Execution, isPromise, type Path, pathOf, ResponseTooLarge, settle } from './execution.ts'
import { plainValue, serializeLeaf, unusual } from './plain-value.ts'
import { callIfMethod, readProperty } from './properties.ts'
import {
  type FieldPlan,
  type QueryPlan,
  type SelectionPlan,
  type Shape,
  selectionBelow,
  type VariableValues,
} from './query-plan.ts'
import { checkType, runtimeTypeOf } from './runtime-type.ts'

type Fields = Record<string, unknown>
type MaybePromise<T> = T | PromiseLike<T>
type ShapeOf<Kind extends Shape['kind']> = Extract<Shape, { readonly kind: Kind }>

/**
 * Executes a query like `execute` of graphql-js (GraphQL, section 6.2.1), but by a plan that requests share: graphql-js
 * computes the requested fields and their types again for every object. Both return the same data, and the same errors
 * in the same order; tests in test/graphql compare them. Resolves to a response, whatever resolvers throw.
 */
export async function executeQuery(
  plan: QueryPlan,
  context: Context,
  variableValues: VariableValues,
): Promise<ExecutionResult> {
  const execution = new Execution(plan, context, variableValues)
  let data: Fields | null = null
  try {
    data = await executeFields(execution, plan.rootSelection, undefined, undefined)
  } catch (error) {
    if (error instanceof ResponseTooLarge) return { errors: [error] }
    execution.addError(error as GraphQLError, undefined)
  }
  const { errors } = execution
  return errors.length === 0 ? { data } : { errors, data }
}

/** The response of the fields of one object (GraphQL, section 6.3.2). Throws the error of a non-null field. */
function executeFields(
  execution: Execution,
  { fields, template, hasPrototypeName, work }: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): MaybePromise<Fields> {
  execution.count(work)
  const results: Fields = hasPrototypeName ? Object.create(null) : { ...template }
  let pending: string[] | undefined
  try {
    for (const field of fields) {
      const result = executeField(execution, field, source, path)
      results[field.responseName] = result
      if (isPromise(result)) {
        pending ??= []
        pending.push(field.responseName)
      }
    }
  } catch (error) {
    if (pending === undefined) throw error
    // Pending fields may fail later, and without a handler their rejections would be unhandled.
    return settle(results, pending).finally(() => {
      throw error
    })
  }
  return pending === undefined ? results : settle(results, pending)
}

/** The value of one field in the response. Throws or rejects with its error if it cannot be null. */
export function executeField(
  execution: Execution,
  field: FieldPlan,
  source: unknown,
  parentPath: Path | undefined,
): MaybePromise<unknown> {
  const { resolve, name } = field.definition
  const { shape } = field
  if (field.definition === TypeNameMetaFieldDef) return field.parentType.name
  let property: unknown
  if (resolve === undefined) {
    try {
      property = readProperty(source, name)
    } catch (error) {
      return execution.handleError(error, field, shape, pathOf(field, parentPath))
    }
    const plain = plainValue(execution, field, shape, property)
    if (plain !== unusual) return plain
  }
  const path = pathOf(field, parentPath)
  const fail = (error: unknown) => execution.handleError(error, field, shape, path)
  try {
    const result =
      resolve !== undefined
        ? resolve(source, execution.argumentsOf(field), execution.context, execution.infoOf(field, path))
        : callIfMethod(execution, field, source, property, path)
    const completed = isPromise(result)
      ? result.then((value) => complete(execution, field, shape, path, value))
      : complete(execution, field, shape, path, result)
    return isPromise(completed) ? completed.then(undefined, fail) : completed
  } catch (error) {
    return fail(error)
  }
}

/** Completes a value (GraphQL, section 6.4.3). Throws if it cannot be completed. */
function complete(
  execution: Execution,
  field: FieldPlan,
  shape: Shape,
  path: Path,
  value: unknown,
): MaybePromise<unknown> {
  if (value instanceof Error) throw value
  if (value === null || value === undefined) {
    if (!shape.isNonNull) return null
    throw new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.definition.name}.`)
  }
  switch (shape.kind) {
    case 'LEAF':
      execution.countText(value)
      return serializeLeaf(shape, value)
    case 'LIST':
      return completeList(execution, field, shape, path, value)
    case 'OBJECT':
      return completeObject(execution, field, shape.type, path, value)
    case 'ABSTRACT':
      return completeAbstract(execution, field, shape, path, value)
  }
}

function completeList(
  execution: Execution,
  field: FieldPlan,
  { item }: ShapeOf<'LIST'>,
  path: Path,
  value: unknown,
): MaybePromise<unknown[]> {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) {
    const name = `${field.parentType.name}.${field.definition.name}`
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`)
  }
  const items: unknown[] = []
  const pending: Array<PromiseLike<unknown>> = []
  try {
    for (const each of value as Iterable<unknown>) {
      const itemPath = { prev: path, key: items.length, typename: undefined }
      const completed = completeItem(execution, field, item, itemPath, each)
      if (isPromise(completed)) pending.push(completed)
      items.push(completed)
    }
  } catch (error) {
    // Pending items may fail later, and without a handler their rejections would be unhandled.
    for (const promise of pending) promise.then(undefined, () => undefined)
    throw error
  }
  return pending.length > 0 ? Promise.all(items) : items
}

function completeItem(
  execution: Execution,
  field: FieldPlan,
  shape: Shape,
  path: Path,
  item: unknown,
): MaybePromise<unknown> {
  const plain = plainValue(execution, field, shape, item)
  if (plain !== unusual) return plain
  try {
    const completed = isPromise(item)
      ? item.then((value) => complete(execution, field, shape, path, value))
      : complete(execution, field, shape, path, item)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error) => execution.handleError(error, field, shape, path))
  } catch (error) {
    return execution.handleError(error, field, shape, path)
  }
}

function completeObject(
  execution: Execution,
  field: FieldPlan,
  type: GraphQLObjectType,
  path: Path,
  value: unknown,
): MaybePromise<Fields> {
  const selection = selectionBelow(execution.plan, field, type)
  const checked = type.isTypeOf && checkType(execution, field, type, path, value)
  if (isPromise(checked)) return checked.then(() => executeFields(execution, selection, value, path))
  return executeFields(execution, selection, value, path)
}

function completeAbstract(
  execution: Execution,
  field: FieldPlan,
  shape: ShapeOf<'ABSTRACT'>,
  path: Path,
  value: unknown,
): MaybePromise<Fields> {
  const type = runtimeTypeOf(execution, field, shape, path, value)
  if (isPromise(type)) return type.then((resolved) => completeObject(execution, field, resolved, path, value))
  return completeObject(execution, field, type, path, value)
}
