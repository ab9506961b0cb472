import { GraphQLError, type GraphQLResolveInfo, getArgumentValues, locatedError, responsePathAsArray } from 'graphql'
import type { Context } from '../context.ts'
import type { FieldPlan, QueryPlan, Shape, VariableValues } from './query-plan.ts'

/** A path in the response, as graphql-js passes it to resolvers. */
export interface Path {
  readonly prev: Path | undefined
  readonly key: string | number
  readonly typename: string | undefined
}

/** The length of a part of a long text, in UTF-16 units, that counts as much work as a property. */
const unitsOfWork = 25
const longText = 250

/**
 * The maximum work of one execution: 20,000 fields with resolvers, 200,000 without, or 5 million units of text. The
 * cost of an operation is limited before; this limits what cannot be computed before, such as introspection from types
 * to fields and back.
 */
const maxWork = 200_000

/** The maximum number of errors in a response. Further fields that fail are null, without an error of their own. */
export const maxErrors = 100

/** The most UTF-16 units that the long texts of a response may have together. */
export const maxTextLength = maxWork * unitsOfWork

/** Ends an execution. */
export class ResponseTooLarge extends GraphQLError {
  constructor() {
    super('This response would be too large. Request fewer fields or smaller pages.', {
      extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
    })
  }
}

/** The last error of a response that has too many. */
class MoreErrors extends GraphQLError {
  constructor() {
    super(
      `More than ${maxErrors} fields of this response failed. They are all null, and the others have no error here. ` +
        'Request smaller pages, and only fields that you may read.',
      { extensions: { code: 'BAD_USER_INPUT' } },
    )
  }
}

/** One execution of an operation: its plan, the context, and the errors so far. */
export class Execution {
  readonly plan: QueryPlan
  readonly context: Context
  readonly variableValues: VariableValues
  readonly errors: GraphQLError[] = []
  readonly #maxWork: number
  #work = 0
  #failures = 0
  #moreErrors: MoreErrors | null = null
  readonly #nulled = new Set<Path | undefined>()

  /** `share` is the part of the maximum work that this execution may do. */
  constructor(plan: QueryPlan, context: Context, variableValues: VariableValues, share = 1) {
    this.#maxWork = maxWork * share
    this.plan = plan
    this.context = context
    this.variableValues = variableValues
  }

  /**
   * Adds the error for which the value at `path` is null; undefined is the whole response. Errors below a path that is
   * already null are omitted (GraphQL, section 6.4.4: one error for each position that became null).
   */
  addError(error: GraphQLError, path: Path | undefined): void {
    if (this.#nulled.has(undefined)) return
    if (error === this.#moreErrors && this.errors.at(-1) === error) return
    for (let place = path; place !== undefined; place = place.prev) if (this.#nulled.has(place)) return
    this.#nulled.add(path)
    this.errors.push(error)
  }

  /** Counts work before it is done. Throws `ResponseTooLarge` if there is too much. */
  count(work: number): void {
    this.#work += work
    if (this.#work > this.#maxWork) throw new ResponseTooLarge()
  }

  /** Counts the length of a leaf. Throws `ResponseTooLarge`. */
  countText(value: unknown): void {
    if (typeof value === 'string' && value.length > longText) this.count(value.length / unitsOfWork)
  }

  /** Handles an error at a path: adds it if the value can be null; otherwise throws it, as an error of the parent. */
  handleError(thrown: unknown, field: FieldPlan, shape: Shape, path: Path): null {
    if (thrown instanceof ResponseTooLarge) throw thrown
    const error = this.#errorAt(thrown, field, path)
    if (shape.isNonNull) throw error
    this.addError(error, path)
    return null
  }

  /** The error of a field. Creating it takes long, so after too many, all fields have the same one. */
  #errorAt(thrown: unknown, field: FieldPlan, path: Path): GraphQLError {
    // An error of a field below, which has its place already.
    if (thrown instanceof GraphQLError && (thrown.path || thrown === this.#moreErrors)) return thrown
    if (this.#failures++ < maxErrors) return locatedError(thrown, field.nodes, responsePathAsArray(path))
    this.#moreErrors ??= new MoreErrors()
    return this.#moreErrors
  }

  /** The arguments of a field (GraphQL, section 6.4.1). Throws if a variable is null and the type does not allow it. */
  argumentsOf({ definition, nodes }: FieldPlan): Record<string, unknown> {
    const [node] = nodes
    if (definition.args.length === 0 || node === undefined) return {}
    return getArgumentValues(definition, node, this.variableValues)
  }

  /** The argument `info` of resolvers. */
  infoOf(field: FieldPlan, path: Path): GraphQLResolveInfo {
    const { schema, fragments, operation } = this.plan
    return {
      fieldName: field.definition.name,
      fieldNodes: field.nodes,
      returnType: field.definition.type,
      parentType: field.parentType,
      path,
      schema,
      fragments,
      rootValue: undefined,
      operation,
      variableValues: this.variableValues,
    }
  }
}

/** The path of a field of the object at `prev`. */
export function pathOf({ responseName, parentType }: FieldPlan, prev: Path | undefined): Path {
  return { prev, key: responseName, typename: parentType.name }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}

/** Replaces promises by their values. Rejects like the first promise that rejects. */
export function settle(results: Record<string, unknown>, pending: readonly string[]): Promise<Record<string, unknown>> {
  return Promise.all(pending.map((name) => results[name])).then((values) => {
    pending.forEach((name, index) => {
      results[name] = values[index]
    })
    return results
  })
}
