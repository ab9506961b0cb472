import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BreakingChangeType,
  buildSchema as buildSchemaOf,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildSchema } from '../../src/graphql/schema.ts'

const schema = buildSchema()
const contract = buildSchemaOf(readFileSync(join(import.meta.dirname, 'contract.graphql'), 'utf8'))

/** The types that Postern defines. */
function ownTypes(of: GraphQLSchema) {
  return Object.values(of.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
}

/** Every object, field, argument, input field and enum value, by its coordinate, with its description. */
function* descriptions(of: GraphQLSchema): Generator<[coordinate: string, description: string]> {
  for (const type of ownTypes(of)) {
    yield [type.name, type.description ?? '']
    if (isEnumType(type))
      for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value.description ?? '']
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      yield [`${type.name}.${field.name}`, field.description ?? '']
      if ('args' in field)
        for (const argument of field.args)
          yield [`${type.name}.${field.name}(${argument.name}:)`, argument.description ?? '']
    }
  }
}

describe('schema/schema.graphql', () => {
  it('schema/schema.graphql is generated from the code; `npm run schema` updates it', () => {
    expect(readFileSync('schema/schema.graphql', 'utf8')).toBe(`${printSchema(schema)}\n`)
  })
})

describe('the schema', () => {
  it('describes every type, field, argument, input field and enum value in a sentence', () => {
    const all = [...descriptions(schema)]
    expect(all.length).toBeGreaterThan(200)
    // Begins with a capital or code, ends with a full stop, and has more than one word.
    const isSentence = (text: string) => /^[A-Z`*"'][\s\S]*[^\s.][.!?]$/.test(text) && !/ {2}|\n|\t/.test(text)
    expect(all.filter(([, description]) => !isSentence(description))).toEqual([])
  })

  it('names things in one style', () => {
    for (const type of ownTypes(schema)) {
      expect(type.name).toMatch(/^[A-Z][A-Za-z]+$/)
      if (isEnumType(type)) for (const { name } of type.getValues()) expect(name).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
      else if (!isScalarType(type) && 'getFields' in type)
        for (const field of Object.keys(type.getFields())) expect(field).toMatch(/^[a-z][A-Za-z]+$/)
    }
  })

  it('returns from every mutation a payload of its own, in which only userErrors is non-null', () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      expect(String(field.type), field.name).toMatch(/^[A-Za-z]+Payload!$/)
      const payload = getNamedType(field.type)
      if (!isObjectType(payload)) throw new TypeError(`${field.name} answers no object.`)
      const { userErrors, ...others } = payload.getFields()
      expect(String(userErrors?.type), field.name).toBe('[UserError!]!')
      // After an error, everything else is null.
      for (const other of Object.values(others))
        expect(isNonNullType(other.type), `${payload.name}.${other.name}`).toBe(false)
    }
  })

  it('the schema has the same structure for every list', () => {
    const connections = ownTypes(schema).flatMap((type) =>
      isObjectType(type) || isInterfaceType(type)
        ? Object.values(type.getFields()).filter((field) => getNamedType(field.type).name.endsWith('Connection'))
        : [],
    )
    expect(connections.length).toBeGreaterThan(2)
    for (const field of connections as GraphQLField<unknown, unknown>[]) {
      const [first, after, last, before] = field.args
      const size = field.name === 'activity' ? 50 : 20
      expect(`${first?.name}: ${first?.type} = ${first?.defaultValue}`, field.name).toBe(`first: Int = ${size}`)
      expect(`${after?.name}: ${after?.type}`, field.name).toBe('after: String')
      expect(`${last?.name}: ${last?.type}`, field.name).toBe('last: Int')
      expect(`${before?.name}: ${before?.type}`, field.name).toBe('before: String')
      const connection = getNamedType(field.type)
      const names = isObjectType(connection) ? Object.keys(connection.getFields()) : []
      expect(names, field.name).toEqual(['edges', 'nodes', 'pageInfo', 'totalCount'])
    }
  })
})

describe('the contract', () => {
  it('the contract is kept: nothing in it is missing or different', () => {
    expect(findBreakingChanges(contract, schema)).toEqual([])
    const defaults = findDangerousChanges(contract, schema).filter(
      ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
    )
    expect(defaults).toEqual([])
  })

  it('contains everything that exists', () => {
    // From the schema to the contract: a breaking change is something that only the schema has.
    const onlyInSchema = findBreakingChanges(schema, contract).filter(({ type }) =>
      [BreakingChangeType.TYPE_REMOVED, BreakingChangeType.FIELD_REMOVED, BreakingChangeType.ARG_REMOVED].includes(
        type,
      ),
    )
    expect(onlyInSchema.map(({ description }) => description)).toEqual([])
  })

  it('would detect a breaking change', () => {
    const sdl = printSchema(contract)
    const broken = (from: string, to: string) => {
      expect(sdl).toContain(from)
      return findBreakingChanges(contract, buildSchemaOf(sdl.replace(from, to))).map(({ type }) => type)
    }
    expect(broken('  hint: String!\n  scopes', '  scopes')).toContain('FIELD_REMOVED')
    expect(broken('limit: Int!', 'limit: Int')).toEqual(['FIELD_CHANGED_KIND'])
    expect(broken('  IMAGE_PULL\n', '')).toEqual(['VALUE_REMOVED_FROM_ENUM'])
    expect(broken('pullLimit: Int\n', 'pullLimit: Int!\n')).toEqual(['FIELD_CHANGED_KIND'])
    expect(broken('role: OrganizationRole, orderBy', 'rank: OrganizationRole, orderBy')).toEqual(['ARG_REMOVED'])
  })
})
