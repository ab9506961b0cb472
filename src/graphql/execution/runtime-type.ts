import { defaultTypeResolver, GraphQLError, type GraphQLObjectType } from 'graphql'
import { type Execution, isPromise, type Path } from './execution.ts'
import type { FieldPlan, Shape } from './query-plan.ts'

/** The object type of a value of an interface or union (GraphQL, section 6.4.3). Throws if there is no such type. */
export function runtimeTypeOf(
  execution: Execution,
  field: FieldPlan,
  { type, possibleTypes }: Extract<Shape, { readonly kind: 'ABSTRACT' }>,
  path: Path,
  value: unknown,
): GraphQLObjectType | PromiseLike<GraphQLObjectType> {
  const resolveType = type.resolveType ?? defaultTypeResolver
  const name = resolveType(value, execution.context, execution.infoOf(field, path), type)
  return isPromise(name) ? name.then(toObjectType) : toObjectType(name)

  function toObjectType(typeName: string | undefined): GraphQLObjectType {
    const found = possibleTypes.get(String(typeName))
    if (found !== undefined) return found
    throw new GraphQLError(`A value of the type ${type.name} has the runtime type ${typeName}, which is impossible.`, {
      nodes: field.nodes,
    })
  }
}

/** Throws if the type has `isTypeOf` and it returns false for the value. */
export function checkType(
  execution: Execution,
  field: FieldPlan,
  type: GraphQLObjectType,
  path: Path,
  value: unknown,
): void | PromiseLike<void> {
  const isOfType = type.isTypeOf?.(value, execution.context, execution.infoOf(field, path)) ?? true
  return isPromise(isOfType) ? isOfType.then(check) : check(isOfType)

  function check(isRight: boolean): void {
    if (!isRight) throw new GraphQLError(`A value is not of the type ${type.name}.`, { nodes: field.nodes })
  }
}
