import {
  doTypesOverlap,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isUnionType,
} from 'graphql'

/** A generated operation, with several sets of variables. */
export interface GeneratedOperation {
  readonly text: string
  readonly variables: ReadonlyArray<Record<string, unknown>>
}

/** Random numbers that are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

const specialAliases = ['__proto__', 'constructor', 'then', 'toString']
const fragmentNames = ['First', 'Second', 'Third']

/**
 * Generates a query or mutation with fragments that share fields under conditions, aliases, interfaces and unions,
 * and literals and variables of every kind in every place. Some queries are invalid, and validation must find them.
 */
export function generateOperation(schema: GraphQLSchema, random: Random): GeneratedOperation {
  const definitions = new Map<string, { readonly type: GraphQLInputType; readonly text: string }>()
  const remaining = [...specialAliases]
  const earlier: Array<{ readonly field: GraphQLField<unknown, unknown>; readonly head: string }> = []
  let aliases = 0
  const composites = Object.values(schema.getTypeMap()).filter(
    (type) => isCompositeType(type) && !type.name.startsWith('__'),
  )
  const fragments = fragmentNames.map((name) => ({ name, on: random.pick(composites) }))
  const root = random.chance(20) ? schema.getMutationType() : schema.getQueryType()
  if (!root) throw new TypeError('The schema has no queries or mutations.')
  const body = selections(root, 4)
  // Each fragment spreads later ones only, so that there are no cycles.
  const texts = fragments.map(({ name, on }, index) => {
    const mine = fragments.splice(index + 1)
    fragments.splice(index + 1, 0, ...mine)
    return `fragment ${name} on ${on.name} ${selections(on, 2, mine)}`
  })
  const used = [body, ...texts].join(' ')
  const needed = texts.filter((_, index) => used.includes(`...${fragmentNames[index]} `))
  const whole = [body, ...needed].join(' ')
  for (const name of definitions.keys()) if (!whole.includes(`$${name} `)) definitions.delete(name)
  const variables = [...definitions].map(([name, { text }]) => `$${name}: ${text}`).join(', ')
  return {
    text: `${root.name.toLowerCase()} Generated${variables === '' ? '' : `(${variables})`} ${body} ${needed.join(' ')}`,
    variables: Array.from({ length: 3 }, () => valuesOf(definitions)),
  }

  function selections(type: GraphQLNamedType, depth: number, spreadable = fragments): string {
    const parts = Array.from({ length: 1 + random.below(4) }, () => selection(type, depth, spreadable))
    return `{ ${parts.join(' ')} }`
  }

  function selection(type: GraphQLNamedType, depth: number, spreadable: typeof fragments): string {
    if (depth > 0 && random.chance(35)) {
      const fitting = spreadable.filter(({ on }) => overlap(type, on))
      if (fitting.length > 0 && random.chance(60)) return `...${random.pick(fitting).name} ${condition()}`
      const on = random.pick(composites.filter((each) => overlap(type, each)))
      const below = selections(on, depth - 1, spreadable)
      return random.chance(20)
        ? `... ${condition()} ${selections(type, depth - 1, spreadable)}`
        : `... on ${on.name} ${condition()} ${below}`
    }
    if (isUnionType(type) || !('getFields' in type) || random.chance(10))
      return `${random.chance(30) ? 'kind: ' : ''}__typename ${condition()}`
    const fields = Object.values(type.getFields()) as Array<GraphQLField<unknown, unknown>>
    const field = random.pick(fields.filter((each) => depth > 0 || !isCompositeType(getNamedType(each.type))))
    const below = getNamedType(field.type)
    const tail = () => `${condition()} ${isCompositeType(below) ? selections(below, depth - 1, spreadable) : ''}`
    // Fields with arguments merge only with the same arguments.
    const same = earlier.filter((each) => each.field === field)
    if (same.length > 0 && random.chance(40)) return `${random.pick(same).head} ${tail()}`
    const given = field.args.flatMap(({ name, type: argType }) =>
      random.chance(60) || isNonNullType(argType) ? [`${name}: ${value(argType)}`] : [],
    )
    if (given.length === 0) return `${random.chance(15) ? `${alias()}: ` : ''}${field.name} ${tail()}`
    const head = `${alias()}: ${field.name}(${given.join(', ')} )`
    earlier.push({ field, head })
    return `${head} ${tail()}`
  }

  function overlap(one: GraphQLNamedType, other: GraphQLNamedType): boolean {
    return isCompositeType(one) && isCompositeType(other) && doTypesOverlap(schema, one, other)
  }

  function alias(): string {
    const special = random.chance(20) ? remaining.splice(random.below(remaining.length), 1)[0] : undefined
    return special ?? `a_${aliases++}`
  }

  function condition(): string {
    if (!random.chance(20)) return ''
    const one = () =>
      `@${random.pick(['skip', 'include'])}(if: ${random.chance(50) ? variableFor('Boolean!') : random.chance(50)})`
    return random.chance(10) ? `@skip(if: ${random.chance(50)}) @include(if: ${random.chance(50)})` : one()
  }

  function variableFor(typeText: string, type?: GraphQLInputType): string {
    const name = `v${random.below(6)}${typeText.replace(/\W/g, '_')}`
    if (!definitions.has(name)) {
      const booleans = schema.getType('Boolean') as GraphQLInputType
      const given = type ?? booleans
      const isRequired = typeText.endsWith('!')
      // A nullable variable with a default may be used where null is not allowed (GraphQL, section 5.8.5).
      const text = isRequired && random.chance(50) ? `${typeText.slice(0, -1)} = ${literal(given, 2)}` : typeText
      const withDefault =
        !isRequired && random.chance(40) ? `${text} = ${random.chance(20) ? 'null' : literal(given, 2)}` : text
      definitions.set(name, { type: given, text: withDefault })
    }
    return `$${name} `
  }

  function value(type: GraphQLInputType, depth = 3): string {
    if (random.chance(40)) return variableFor(String(type), type)
    return literal(type, depth, true)
  }

  /** A literal of a type, with variables in it where they are allowed. */
  function literal(type: GraphQLInputType, depth: number, withVariables = false): string {
    if (!isNonNullType(type) && random.chance(8)) return 'null'
    return notNull(isNonNullType(type) ? type.ofType : type, depth, withVariables)
  }

  function notNull(type: GraphQLInputType, depth: number, withVariables: boolean): string {
    const inner = (of: GraphQLInputType) =>
      withVariables && random.chance(35) ? variableFor(String(of), of) : literal(of, depth - 1, withVariables)
    if (isListType(type)) {
      if (random.chance(15)) return inner(type.ofType)
      return `[${Array.from({ length: random.below(3) }, () => inner(type.ofType)).join(', ')}]`
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth > 0 && random.chance(50)),
      )
      return `{ ${fields.map((field) => `${field.name}: ${inner(field.type)}`).join(', ')} }`
    }
    return JSON.stringify(leaf(type)).replace(/^"(RED|GREEN|BLUE)"$/, '$1')
  }

  function leaf(type: GraphQLInputType): unknown {
    if (isEnumType(type)) return random.pick(type.getValues()).name
    switch (String(type)) {
      case 'Int':
        return random.below(1000)
      case 'Boolean':
        return random.chance(50)
      case 'DateTime':
        return `2026-01-0${1 + random.below(9)}T00:00:00+01:00`
      default:
        return random.pick([
          'a text',
          '',
          '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d0',
          'quote " and \\ and \u2028',
        ])
    }
  }

  function valuesOf(of: typeof definitions): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (const [name, { type, text }] of of) {
      const mayBeMissing = !text.split(' ', 1)[0]?.endsWith('!')
      if (mayBeMissing && random.chance(30)) continue
      values[name] = mayBeMissing && random.chance(20) ? null : json(type, 3)
    }
    return values
  }

  function json(type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return json(type.ofType, depth)
    if (isListType(type))
      return random.chance(15)
        ? json(type.ofType, depth)
        : Array.from({ length: random.below(3) }, () => json(type.ofType, depth))
    if (!isInputObjectType(type)) return leaf(type)
    const fields = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) || (depth > 0 && random.chance(50)),
    )
    return Object.fromEntries(
      fields.map((field) => [
        field.name,
        !isNonNullType(field.type) && random.chance(10) ? null : json(field.type, depth - 1),
      ]),
    )
  }
}
