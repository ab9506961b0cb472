import { buildSchema, defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql'
import { DateTime } from '../../src/graphql/date-time.ts'

const text = `
  scalar DateTime
  enum Color { RED GREEN BLUE }
  input Inner {
    text: String = "inner default"
    number: Int
    at: DateTime = "2026-01-01T00:00:00Z"
    flags: [Boolean!] = [true, false]
    color: Color = GREEN
  }
  input Outer {
    required: Int!
    optional: String
    withDefault: String = "outer default"
    inner: Inner = { number: 7 }
    list: [Inner!]
    matrix: [[Int]]
  }
  interface Node { id: ID! title: String echo(outer: Outer, ids: [ID!] = ["a"], at: DateTime, count: Int! = 3): String node: Node }
  type Thing implements Node {
    id: ID! title: String echo(outer: Outer, ids: [ID!] = ["a"], at: DateTime, count: Int! = 3): String node: Node
    sure: String! number: Int color: Color at: DateTime method: String
    thing: Thing things: [Thing!]! maybe: [Thing] certain: Thing! either: Either words: [String!] grid: [[Int!]]
  }
  type Other implements Node {
    id: ID! title: String echo(outer: Outer, ids: [ID!] = ["a"], at: DateTime, count: Int! = 3): String node: Node
    size: Float! thing: Thing others: [Other!] eithers: [Either!]
  }
  union Either = Thing | Other
  type Query {
    thing: Thing things: [Thing!]! other: Other nodes: [Node!] node: Node either: Either certain: Thing!
    echo(outer: Outer, inner: Inner = { text: "given" }, colors: [Color!] = [RED], flag: Boolean = true): String
  }
  type Mutation {
    change: Thing changeAll: [Thing!]! changeEither: Either changeCertain: Thing! changeOther: Other!
    echo(outer: Outer, inner: Inner = { text: "given" }, colors: [Color!] = [RED], flag: Boolean = true): String
  }
`

/** The behaviour of a field, which follows from the seed and the path, so that every execution is the same. */
function behaviourOf(seed: number, path: string): number {
  let hash = seed
  for (let index = 0; index < path.length; index++) hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193)
  return ((hash ^ (hash >>> 15)) >>> 0) % 100
}

interface Context {
  readonly seed: number
}

/**
 * A schema whose fields echo their arguments and path, are slow, fail or are null, as a seed in the context decides.
 */
export function buildGeneratedSchema(): GraphQLSchema {
  const schema = buildSchema(text)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      if (['id', 'title', 'number', 'color', 'words', 'method', 'grid'].includes(field.name)) continue
      field.resolve = field.name === 'echo' ? echo : objects
    }
  }
  Object.assign(schema.getType('DateTime') ?? {}, {
    parseValue: DateTime.parseValue,
    parseLiteral: DateTime.parseLiteral,
    serialize: DateTime.serialize,
  })
  return schema
}

const pathOf = (path: Parameters<typeof echo>[3]['path'] | undefined): string =>
  path === undefined ? '' : `${pathOf(path.prev)}/${path.typename ?? ''}.${path.key}`

const echo: GraphQLFieldResolver<unknown, Context> = (_source, args, { seed }, info) => {
  const { fieldName, fieldNodes, returnType, parentType, path, operation, variableValues } = info
  const told = { fieldName, nodes: fieldNodes.length, returnType: String(returnType), parent: parentType.name }
  const value = JSON.stringify([args, told, pathOf(path), operation.name?.value, variableValues])
  return behaviourOf(seed, pathOf(path)) < 50 ? value : Promise.resolve(value)
}

const objects: GraphQLFieldResolver<unknown, Context> = (source, args, context, info) => {
  const path = pathOf(info.path)
  const behaviour = behaviourOf(context.seed, path)
  const value = () => valueFor(String(info.returnType), context.seed, path)
  if (behaviour < 4) throw new Error(`thrown at ${path}`)
  if (behaviour < 8) return Promise.reject(new Error(`rejected at ${path}`))
  if (behaviour < 12) return null
  if (behaviour < 14) return new Error(`returned at ${path}`)
  if (behaviour < 60) return value()
  if (behaviour < 90) return Promise.resolve().then(value)
  return defaultFieldResolver(source, args, context, info)
}

function valueFor(type: string, seed: number, path: string): unknown {
  const one = (key: string) => objectFor(type.replace(/[[\]!]/g, ''), seed, `${path}${key}`)
  if (!type.includes('[')) return one('')
  const length = behaviourOf(seed, `${path} length`) % 4
  return Array.from({ length }, (_, index) => {
    const kind = behaviourOf(seed, `${path} item ${index}`)
    if (kind < 6) return null
    if (kind < 10) return Promise.reject(new Error(`item ${index} of ${path}`))
    return kind < 30 ? Promise.resolve(one(`/${index}`)) : one(`/${index}`)
  })
}

/** An object or a leaf of a type. Some properties have a kind that the type does not allow. */
function objectFor(type: string, seed: number, path: string): unknown {
  const pick = behaviourOf(seed, `${path} kind`)
  switch (type) {
    case 'String':
      return pick < 80 ? `text of ${path}` : pick < 90 ? pick : { not: 'a text' }
    case 'DateTime':
      return pick < 50 ? new Date(pick * 1e9) : pick < 90 ? '2026-11-22T07:13:27.120Z' : 5
    case 'Float':
      return pick < 90 ? pick / 3 : Number.NaN
  }
  const typeName = type === 'Node' || type === 'Either' ? (pick < 50 ? 'Thing' : 'Other') : type
  return {
    __typename: typeName,
    id: pick < 95 ? `id of ${path}` : null,
    get title() {
      if (pick % 7 === 2) throw new Error(`title of ${path}`)
      return pick % 7 === 0 ? undefined : pick % 7 === 1 ? Promise.resolve('late title') : `title ${pick}`
    },
    number: pick % 5 === 0 ? 1.5 : pick,
    color: pick % 3 === 0 ? 'RED' : pick % 3 === 1 ? 'VIOLET' : null,
    words: pick % 4 === 0 ? 'no list' : new Set(['a', pick % 3 === 0 ? null : 'b']),
    grid: [[1, 2], pick % 5 === 0 ? [null] : [pick], null],
    size: pick,
    sure: 'sure',
    thing: null,
    method(args: unknown, _context: unknown, info: { readonly fieldName: string }) {
      if (pick % 6 === 0) throw new Error(`method of ${path}`)
      return JSON.stringify([Object.keys(Object(this)).length, args, info.fieldName])
    },
  }
}
