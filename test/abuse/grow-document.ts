import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql'
import type { Random } from '../execution/generate-operation.ts'
import type { DocumentWorld } from './document-world.ts'

/** A selection of a growing document. */
interface Selection {
  readonly type: GraphQLNamedType
  readonly head: string
  readonly below: Selection[]
}

/** A document that a search grows by changing copies of it at one place. */
export interface GrowingDocument {
  readonly text: string
  readonly grow: (random: Random) => GrowingDocument
}

/** The smallest query. */
export function smallestDocument(schema: GraphQLSchema, world: DocumentWorld): GrowingDocument {
  const query = schema.getQueryType()
  if (!query) throw new TypeError('The schema has no queries.')
  return document({ type: query, head: '', below: [] })

  function document(root: Selection): GrowingDocument {
    return {
      text: print(root),
      grow(random) {
        const copy = structuredCopy(root)
        for (let times = 1 + random.below(4); times > 0; times--) growAt(random.pick(composites(copy)), random)
        return document(copy)
      },
    }
  }

  function growAt(place: Selection, random: Random): void {
    if (place.below.length > 0 && random.chance(35)) {
      // Repeats the selection under another name.
      const again = structuredCopy(random.pick(place.below))
      place.below.push({ ...again, head: rename(again.head, random) })
      return
    }
    if (isAbstractType(place.type)) {
      const type = random.pick(schema.getPossibleTypes(place.type))
      place.below.push({ type, head: `... on ${type.name}`, below: [] })
      return
    }
    if (!isObjectType(place.type)) return
    const fields: Array<GraphQLField<unknown, unknown>> = Object.values(place.type.getFields())
    const meta = random.pick([SchemaMetaFieldDef, TypeMetaFieldDef])
    const field = place.type === query && random.chance(10) ? meta : random.pick(fields)
    const given = field.args.filter((arg) => isNonNullType(arg.type) || random.chance(50))
    const args = given.length > 0 ? `(${given.map((arg) => `${arg.name}: ${literalFor(arg, random)}`).join(', ')})` : ''
    place.below.push({ type: getNamedType(field.type), head: `${alias(random)}: ${field.name}${args}`, below: [] })
  }

  function literalFor({ name, type }: GraphQLArgument, random: Random): string {
    const named = String(getNamedType(type))
    const one = (): string => {
      if (name === 'first') return random.pick(['1', '5', '20', '100'])
      if (named === 'ID' || name === 'id') return JSON.stringify(random.pick(world.ids))
      if (named === 'DateTime') return JSON.stringify(name === 'from' ? '2026-01-01T00:00:00Z' : '2026-12-31T00:00:00Z')
      if (named === 'Boolean') return 'true'
      if (named === 'Permission') return 'IMAGE_PULL'
      if (named === 'UsageDimension') return random.pick(['DAY', 'REPOSITORY', 'ACCESS_TOKEN'])
      if (named.endsWith('Filter')) return '{}'
      if (name === 'name')
        return JSON.stringify(
          random.pick([world.organization, random.pick(world.repositories), 'User', 'Organization']),
        )
      if (name === 'repository') return JSON.stringify(random.pick(world.repositories))
      if (name === 'username') return '"admin"'
      return named === 'String' ? '"a"' : 'null'
    }
    return isListType(isNonNullType(type) ? type.ofType : type) ? `[${one()}]` : one()
  }
}

let aliases = 0
const alias = (random: Random) => (random.chance(30) ? `x${random.below(3)}` : `a${aliases++}`)
const rename = (head: string, random: Random) => head.replace(/^\w+:/, `${alias(random)}:`)

function composites(selection: Selection): Selection[] {
  const here = isCompositeType(selection.type) ? [selection] : []
  return [...here, ...selection.below.flatMap(composites)]
}

function structuredCopy({ type, head, below }: Selection): Selection {
  return { type, head, below: below.map(structuredCopy) }
}

function print({ type, head, below }: Selection): string {
  if (!isCompositeType(type)) return head
  return `${head} { ${below.length > 0 ? below.map(print).join(' ') : '__typename'} }`
}
