import type { Execution, Path } from './execution.ts'
import type { FieldPlan } from './query-plan.ts'

/*
 * Fields without a resolver are properties, as `defaultFieldResolver` of graphql-js reads them.
 */

/** The property of that name; undefined where there can be none. */
export function readProperty(source: unknown, name: string): unknown {
  const hasProperties = (typeof source === 'object' && source !== null) || typeof source === 'function'
  return hasProperties ? (source as Readonly<Record<string, unknown>>)[name] : undefined
}

/** A property that is a function is a method: what it returns is the value. */
export function callIfMethod(
  execution: Execution,
  field: FieldPlan,
  source: unknown,
  property: unknown,
  path: Path,
): unknown {
  if (typeof property !== 'function') return property
  const { context } = execution
  return Reflect.apply(property, source, [execution.argumentsOf(field), context, execution.infoOf(field, path)])
}
