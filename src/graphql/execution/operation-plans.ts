import { type ASTNode, type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode, visit } from 'graphql'
import { type Fragments, planQuery, type QueryPlan, type VariableValues } from './query-plan.ts'

// Clients use few combinations of conditions. Further combinations are planned for each request.
const maxPlans = 8

const ignoreGrowth = () => undefined

/** The plans of one operation of a document: one for each combination of values of its `@skip` and `@include`. */
export class OperationPlans {
  readonly #schema: GraphQLSchema
  readonly #operation: OperationDefinitionNode
  readonly #fragments: Fragments
  /** The variables that conditions read. */
  readonly #conditions: readonly string[]
  readonly #plans = new Map<string, QueryPlan>()
  readonly #grow: (size: number) => void
  #size = 0

  /** Calls `onGrowth` when a plan that it keeps has grown, also during the executions that share the plan. */
  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    onGrowth: () => void = ignoreGrowth,
  ) {
    this.#grow = (size) => {
      this.#size += size
      onGrowth()
    }
    this.#schema = schema
    this.#operation = operation
    this.#fragments = fragmentsOf(document)
    const declared = new Set((operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value))
    this.#conditions = conditionsOf(operation, this.#fragments).filter((name) => declared.has(name))
  }

  /** The size of all plans that are kept: their fields, and selections that contain fields. */
  get size(): number {
    return this.#size
  }

  /**
   * The plan for these coerced variables. Null if the variable of a condition is null, which is possible for a nullable
   * variable with a default. The request is then invalid.
   */
  planFor(variableValues: VariableValues): QueryPlan | null {
    if (this.#conditions.some((name) => typeof variableValues[name] !== 'boolean')) return null
    const key = this.#conditions.map((name) => String(variableValues[name])).join()
    const known = this.#plans.get(key)
    if (known !== undefined) return known
    // A plan is kept for long, so it contains no other variables of the client.
    const conditions = Object.fromEntries(this.#conditions.map((name) => [name, variableValues[name]]))
    const isKept = this.#plans.size < maxPlans
    const onGrowth = isKept ? this.#grow : ignoreGrowth
    const plan = planQuery(this.#schema, this.#operation, this.#fragments, conditions, onGrowth)
    if (isKept) this.#plans.set(key, plan)
    return plan
  }
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments: Fragments = Object.create(null)
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
  return fragments
}

/** The variables that conditions of the operation read, also in the fragments that it spreads. */
function conditionsOf(operation: OperationDefinitionNode, fragments: Fragments): string[] {
  const names = new Set<string>()
  const spread = new Set<string>()
  const pending: ASTNode[] = [operation]
  for (let node = pending.pop(); node !== undefined; node = pending.pop())
    visit(node, {
      Directive(directive) {
        visit(directive, { Variable: ({ name }) => void names.add(name.value) })
        return false
      },
      FragmentSpread({ name: { value: name } }) {
        const fragment = fragments[name]
        if (fragment === undefined || spread.has(name)) return
        spread.add(name)
        pending.push(fragment)
      },
    })
  return [...names]
}
