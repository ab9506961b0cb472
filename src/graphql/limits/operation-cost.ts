import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { isGuarded } from '../guarded-field.ts'
import { fieldCostOf, fieldCosts } from './field-costs.ts'

/** The cost of an operation, including the fields that its conditions may skip. */
export interface OperationCost {
  /** Fields of the response if every page is full. */
  readonly fields: number
  /** Statements, without those that authenticate the caller and those of a mutation itself. */
  readonly statements: number
  /** Fields that hash a password or call a provider. */
  readonly slow: number
}

/** The cost of the selections on one object. */
interface Cost {
  readonly fields: number
  readonly slow: number
  /** Statements that all objects of the same field share. */
  readonly statements: number
  /** Statements of each object. */
  readonly statementsPerObject: number
  /** Lookups that several fields of the object share. Each is one statement. */
  readonly lookups: ReadonlySet<string>
}

/** A field with a guard costs as much as this number of fields that are only read. */
const guardedFields = 5

const nothing: Cost = { fields: 0, slow: 0, statements: 0, statementsPerObject: 0, lookups: new Set() }

/**
 * Checks that the schema has every field with a cost, and that every list of objects has a number of items. Throws at
 * start, with the name that is mistyped or missing.
 */
export function checkFieldCosts(schema: GraphQLSchema): void {
  const names = new Set<string>()
  for (const type of Object.values(schema.getTypeMap())) {
    if ((!isObjectType(type) && !isInterfaceType(type)) || type.name.startsWith('__')) continue
    for (const { name, type: valueType } of Object.values(type.getFields())) {
      names.add(`${type.name}.${name}`).add(`*.${name}`)
      const isList = isListType(getNullableType(valueType)) && isCompositeType(getNamedType(valueType))
      // The field that returns a connection has the number of its items.
      if (isList && !type.name.endsWith('Connection') && fieldCostOf(type.name, name)?.items === undefined)
        throw new Error(`field-costs.ts has no number of items for ${type.name}.${name}.`)
    }
  }
  const unknown = Object.keys(fieldCosts).find((name) => !names.has(name))
  if (unknown !== undefined) throw new Error(`field-costs.ts names ${unknown}, which the schema does not have.`)
}

/** The cost of an operation of a valid document. Each fragment is computed once and added for each spread. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): OperationCost {
  const fragments = new Map(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  )
  const known = new Map<string, Cost>()
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  )
  const root = costOfSelections(schema.getRootType(operation.operation) ?? undefined, operation.selectionSet)
  const { fields, slow, statements, statementsPerObject, lookups } = root
  return { fields, slow, statements: statements + statementsPerObject + lookups.size }

  function costOfSelections(type: GraphQLNamedType | undefined, set: SelectionSetNode): Cost {
    return set.selections
      .map((selection) => {
        if (selection.kind === Kind.FIELD) return costOfField(type, selection)
        if (selection.kind === Kind.FRAGMENT_SPREAD) return costOfFragment(selection.name.value)
        const on = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type
        return costOfSelections(on, selection.selectionSet)
      })
      .reduce(add, nothing)
  }

  function costOfFragment(name: string): Cost {
    let cost = known.get(name)
    if (cost === undefined) {
      const fragment = fragments.get(name)
      cost = fragment
        ? costOfSelections(schema.getType(fragment.typeCondition.name.value), fragment.selectionSet)
        : nothing
      known.set(name, cost)
    }
    return cost
  }

  function costOfField(type: GraphQLNamedType | undefined, node: FieldNode): Cost {
    const name = node.name.value
    if (!type || !('getFields' in type)) return { ...nothing, fields: 1 }
    const definition = type.getFields()[name]
    const own = fieldCostOf(type.name, name)
    const below =
      node.selectionSet && definition ? costOfSelections(getNamedType(definition.type), node.selectionSet) : nothing
    const items = own?.items === undefined ? 1 : pageSize(node, own.items)
    const isPerObject = own?.isPerObject === true
    // A page for each object takes its lookups again for each of these pages, and so does each field of a mutation, one
    // after the other. Aliases of other fields share lookups.
    const isAlone = isPerObject || type === schema.getMutationType()
    const place = own === undefined ? '' : `${type.name}.${name}: `
    const shared = isAlone ? [] : [...below.lookups].map((lookup) => `${place}${lookup}`)
    const together =
      (own !== undefined && own.lookup === undefined ? own.statements : 0) +
      below.statements +
      (isAlone ? below.lookups.size : 0)
    const each = items * below.statementsPerObject
    return {
      fields: (definition && isGuarded(definition) ? guardedFields : 1) + items * below.fields,
      slow: below.slow + (own?.isSlow ? 1 : 0),
      statements: isPerObject ? 0 : together,
      statementsPerObject: isPerObject ? together + each : each,
      lookups: new Set(own?.lookup === undefined ? shared : [own.lookup, ...shared]),
    }
  }

  function pageSize(node: FieldNode, otherwise: number): number {
    return sizeGiven(node, 'last') ?? sizeGiven(node, 'first') ?? otherwise
  }

  function sizeGiven(node: FieldNode, argument: 'first' | 'last'): number | undefined {
    const given = node.arguments?.find(({ name }) => name.value === argument)?.value
    const value =
      given?.kind === Kind.VARIABLE
        ? Object.hasOwn(variables, given.name.value)
          ? variables[given.name.value]
          : literal(defaults.get(given.name.value))
        : literal(given)
    // Other values than an Int are rejected later, with a better message.
    return typeof value === 'number' && (value | 0) === value ? Math.max(1, value) : undefined
  }
}

function literal(node: ValueNode | undefined): number | undefined {
  return node?.kind === Kind.INT ? Number(node.value) : undefined
}

function add(one: Cost, other: Cost): Cost {
  return {
    fields: one.fields + other.fields,
    slow: one.slow + other.slow,
    statements: one.statements + other.statements,
    statementsPerObject: one.statementsPerObject + other.statementsPerObject,
    lookups: other.lookups.size === 0 ? one.lookups : new Set([...one.lookups, ...other.lookups]),
  }
}
