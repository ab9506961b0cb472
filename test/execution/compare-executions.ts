import { isDeepStrictEqual } from 'node:util'
import {
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import type { Context } from '../../src/graphql/context.ts'
import { executeMutation } from '../../src/graphql/execution/execute-mutation.ts'
import { executeQuery } from '../../src/graphql/execution/execute-query.ts'
import { OperationPlans } from '../../src/graphql/execution/operation-plans.ts'
import { type GeneratedOperation, generateOperation, Random } from './generate-operation.ts'

/** An operation for which the two executors return different responses. */
export interface Difference {
  readonly operation: string
  readonly variables: unknown
  readonly expected: unknown
  readonly actual: unknown
}

export interface Comparison {
  readonly operations: number
  readonly executions: number
  /** Executions whose response has errors, which shows that the generator produces some. */
  readonly withErrors: number
  readonly differences: readonly Difference[]
}

/** Executes generated operations with graphql-js and by plan, each three times with other variables, and compares. */
export async function compareExecutions(
  schema: GraphQLSchema,
  seed: number,
  count: number,
  maxDifferences = 5,
): Promise<Comparison> {
  const random = new Random(seed)
  const differences: Difference[] = []
  let operations = 0
  let executions = 0
  let withErrors = 0
  while (operations < count && differences.length < maxDifferences) {
    const generated = generateOperation(schema, random)
    const document = parse(generated.text)
    if (validate(schema, document, undefined, { maxErrors: 1 }).length > 0) continue
    operations++
    const [operation] = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
    if (operation === undefined) throw new TypeError('A generated document has no operation.')
    const plans = new OperationPlans(schema, document, operation)
    for (const variables of [...generated.variables, ...generated.variables]) {
      const contextValue = { seed: random.below(1_000_000) }
      const expected = await execute({ schema, document, variableValues: variables, contextValue })
      const actual = await executePlanned(schema, operation, plans, variables, contextValue)
      if (actual === null) continue
      executions++
      if (expected.errors) withErrors++
      const [one, other] = [plain(expected), plain(actual)]
      if (!isDeepStrictEqual(one, other))
        differences.push({ operation: generated.text, variables, expected: one, actual: other })
    }
  }
  return { operations, executions, withErrors, differences }
}

async function executePlanned(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  plans: OperationPlans,
  variables: Record<string, unknown>,
  context: object,
): Promise<ExecutionResult | null> {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  // Without a plan, graphql-js executes the operation.
  const plan = coerced && plans.planFor(coerced)
  if (!plan) return null
  const executePlan = operation.operation === 'mutation' ? executeMutation : executeQuery
  return executePlan(plan, context as Context, coerced)
}

/** A response as the server sends it: the order of fields and of errors counts, too. */
function plain({ data, errors }: ExecutionResult): unknown {
  return { data: JSON.stringify(data), errors: errors?.map((error) => JSON.stringify(error)) }
}

export type { GeneratedOperation }
