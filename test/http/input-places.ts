import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** A place in the arguments of a field: an argument, or a field of an input. */
export interface InputPlace {
  /** The operation with a variable for each argument of the field. */
  readonly query: string
  /** `signIn`, or `Organization.accessTokens`. */
  readonly field: string
  readonly isMutation: boolean
  /** The path from the argument; `0` is the item of a list. */
  readonly path: readonly string[]
  readonly type: GraphQLNamedInputType
  /** Variables with `value` in this place, and required values in all others. */
  readonly variablesWith: (value: unknown) => Record<string, unknown>
}

/** The values in the other places, by the name of the argument or field; `InputType.field` takes precedence. */
export type Samples = Readonly<Record<string, unknown>>

/**
 * Every place in the arguments of every field of the schema. Fields below the root are reached by `ways`, which map a
 * type to a selection with `#` in the place of the field.
 */
export function inputPlaces(
  schema: GraphQLSchema,
  samples: Samples,
  ways: Readonly<Record<string, string>>,
): InputPlace[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || type.name.startsWith('__')) return []
    const fields = Object.values(type.getFields()).filter(({ args }) => args.length > 0)
    const isRoot = type === schema.getQueryType() || type === schema.getMutationType()
    const way = isRoot ? '#' : ways[type.name]
    if (fields.length > 0 && way === undefined) throw new Error(`Say how to reach the fields of ${type.name}.`)
    return fields.flatMap((field) => {
      const isMutation = type === schema.getMutationType()
      const name = isRoot ? field.name : `${type.name}.${field.name}`
      const variables = field.args.map((argument) => `$${argument.name}: ${argument.type}`).join(', ')
      const call = `${field.name}(${field.args.map((argument) => `${argument.name}: $${argument.name}`).join(', ')})`
      const selection = isLeafType(field.type) ? '' : ` { ${isMutation ? faultsIn(field) : ''}__typename }`
      const query = `${isMutation ? 'mutation' : 'query'} (${variables}) { ${way?.replace('#', call + selection)} }`
      return field.args.flatMap((argument) => [
        ...placesOfType(argument.type, [argument.name], samples).map(({ path, type: placeType, wrap }) => ({
          query,
          field: name,
          isMutation,
          path,
          type: placeType,
          variablesWith: (value: unknown) => ({ ...samplesOf(field, argument, samples), [argument.name]: wrap(value) }),
        })),
      ])
    })
  })
}

/** The user errors of a payload, and of each result if it has several. */
function faultsIn(field: GraphQLField<unknown, unknown>): string {
  const payload = getNamedType(field.type)
  const faults = 'userErrors { code path } '
  return isObjectType(payload) && 'results' in payload.getFields() ? `${faults}results { ${faults}} ` : faults
}

interface Place {
  readonly path: readonly string[]
  readonly type: GraphQLNamedInputType
  readonly wrap: (value: unknown) => unknown
}

function placesOfType(type: GraphQLInputType, path: readonly string[], samples: Samples): Place[] {
  if (isNonNullType(type)) return placesOfType(type.ofType, path, samples)
  if (isListType(type))
    return placesOfType(type.ofType, [...path, '0'], samples).map((place) => ({
      ...place,
      wrap: (value) => [place.wrap(value)],
    }))
  const itself: Place = { path, type, wrap: (value) => value }
  if (!isInputObjectType(type)) return [itself]
  const members = Object.values(type.getFields()).flatMap((member) =>
    placesOfType(member.type, [...path, member.name], samples).map((place) => ({
      ...place,
      wrap: (value: unknown) => ({ ...Object(sampleOf(type, '', samples)), [member.name]: place.wrap(value) }),
    })),
  )
  return [itself, ...members]
}

function samplesOf(
  field: GraphQLField<unknown, unknown>,
  besides: GraphQLArgument,
  samples: Samples,
): Record<string, unknown> {
  const others = field.args.filter((argument) => argument !== besides && isNonNullType(argument.type))
  return Object.fromEntries(others.map((argument) => [argument.name, sampleOf(argument.type, argument.name, samples)]))
}

function sampleOf(type: GraphQLInputType, name: string, samples: Samples, owner = ''): unknown {
  const sample = samples[`${owner}.${name}`] ?? samples[name]
  if (sample !== undefined) return sample
  if (isNonNullType(type)) return sampleOf(type.ofType, name, samples)
  if (!isInputObjectType(type)) throw new Error(`Give a sample for ${owner}.${name}.`)
  const required = Object.values(type.getFields()).filter((member) => isNonNullType(member.type))
  return Object.fromEntries(
    required.map((member) => [member.name, sampleOf(member.type, member.name, samples, type.name)]),
  )
}
