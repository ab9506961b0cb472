import type { Execution, Path } from './execution.ts'
import type { FieldPlan } from './query-plan.ts'

/*
 * Fields without a resolver are properties, read like `defaultFieldResolver` of graphql-js reads them.
 */

/** The property of that name; undefined if the value cannot have properties. */
export function readProperty(source: unknown, name: string): unknown {
  const hasProperties = (typeof source === 'object' && source !== null) || typeof source === 'function'
  return hasProperties ? (source as Readonly<Record<string, unknown>>)[name] : undefined
}

/** The value of a property. A function is called as a method. */
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
