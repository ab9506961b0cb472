import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Context } from '../context.ts'
import { executeField } from './execute-query.ts'
import { Execution, isPromise, ResponseTooLarge } from './execution.ts'
import type { FieldPlan, QueryPlan, VariableValues } from './query-plan.ts'

type Fields = Record<string, unknown>
type MaybePromise<T> = T | PromiseLike<T>

/**
 * Executes the fields of a mutation one after the other (GraphQL, section 6.2.2). A mutation whose payload cannot be
 * null ends the operation when it fails. Each has an equal share of the maximum work, so that an earlier one
 * cannot use up that of a later one. Resolves to a response, whatever resolvers throw.
 */
export async function executeMutation(
  plan: QueryPlan,
  context: Context,
  variableValues: VariableValues,
): Promise<ExecutionResult> {
  const { fields } = plan.rootSelection
  const executions: Execution[] = []
  try {
    const nothing: MaybePromise<Fields> = Object.create(null)
    // A chain like that of graphql-js, so that the same errors of other fields come before the one that ends it.
    const data = await fields.reduce(
      (before, field) =>
        isPromise(before) ? before.then((results) => addResult(results, field)) : addResult(before, field),
      nothing,
    )
    const errors = errorsOf(executions)
    return errors.length === 0 ? { data } : { errors, data }
  } catch (error) {
    const last = fields[executions.length - 1]
    const final = error instanceof ResponseTooLarge && last ? payloadTooLarge(last) : (error as GraphQLError)
    return { errors: [...errorsOf(executions), final], data: null }
  }

  function addResult(results: Fields, field: FieldPlan): MaybePromise<Fields> {
    const execution = new Execution(plan, context, variableValues, 1 / fields.length)
    executions.push(execution)
    const result = executeField(execution, field, undefined, undefined)
    if (isPromise(result)) return result.then((value) => Object.assign(results, { [field.responseName]: value }))
    results[field.responseName] = result
    return results
  }
}

function errorsOf(executions: readonly Execution[]): GraphQLError[] {
  return executions.flatMap(({ errors }) => errors)
}

/** The error of a mutation that has changed something, although the response does not show it. */
function payloadTooLarge({ responseName, definition, nodes }: FieldPlan): GraphQLError {
  return new GraphQLError(
    `The mutation ${definition.name} was executed, but its response would be too large. Do not send it again. Query ` +
      'the result with fewer fields or smaller pages.',
    { nodes, path: [responseName], extensions: { code: 'BAD_USER_INPUT' } },
  )
}
