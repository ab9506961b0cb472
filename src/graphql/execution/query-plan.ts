import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  GraphQLBoolean,
  type GraphQLField,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'
import { isGuarded } from '../guarded-field.ts'

/** The work of a field with a resolver. The work of a field that is a property is 1. */
const resolverWork = 10
/** The work of a field with a guard, which takes as long as ten resolvers, also if it allows the field. */
const guardedWork = 100

/** The data for executing an operation. It is the same for all requests with the same values of the conditions. */
export interface QueryPlan {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Fragments
  /** The values of the variables that `@skip` and `@include` read. */
  readonly conditions: VariableValues
  readonly rootSelection: SelectionPlan
  /** Is called with the size that the plan has grown by: fields, and selections that contain them. */
  readonly onGrowth: (size: number) => void
}

/** The requested fields of an object of one type, in the order of the response. */
export interface SelectionPlan {
  readonly fields: readonly FieldPlan[]
  /** Whether a response name is `__proto__`, which would set the prototype of an ordinary object. */
  readonly hasPrototypeName: boolean
  /** An object with all response names, for copying. */
  readonly template: Readonly<Record<string, null>>
  /** Whether no field has a resolver, so that all are properties of the object. */
  readonly isPlain: boolean
  /** The work of the fields for one object, without that of their values. */
  readonly work: number
}

export type Fragments = Record<string, FragmentDefinitionNode>
export type VariableValues = Record<string, unknown>

/** A requested field of an object type. */
export interface FieldPlan {
  readonly responseName: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  /** All selections with this response name, whose subfields are merged. */
  readonly nodes: readonly FieldNode[]
  readonly shape: Shape
  /** Whether the value is a property, without a resolver. */
  readonly isProperty: boolean
  /** The subfields by type of the value, added when the first value of a type is completed. */
  readonly selectionByType: Map<GraphQLObjectType, SelectionPlan>
}

/** An output type, analyzed once instead of for every value. */
export type Shape = { readonly isNonNull: boolean } & (
  | { readonly kind: 'LEAF'; readonly type: GraphQLLeafType; readonly isSerialized: (value: unknown) => boolean }
  | { readonly kind: 'LIST'; readonly item: Shape }
  | { readonly kind: 'OBJECT'; readonly type: GraphQLObjectType }
  | {
      readonly kind: 'ABSTRACT'
      readonly type: GraphQLAbstractType
      /** The possible types of a value, by name. */
      readonly possibleTypes: ReadonlyMap<string, GraphQLObjectType>
    }
)

/** Plans a query or mutation. The variables must be coerced. */
export function planQuery(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
  variableValues: VariableValues,
  onGrowth: (size: number) => void,
): QueryPlan {
  const type = schema.getRootType(operation.operation)
  if (!type) throw new TypeError(`The schema has no root type for the operation type ${operation.operation}.`)
  const collected = collectFields(schema, fragments, variableValues, type, operation.selectionSet)
  const rootSelection = toSelectionPlan(schema, type, collected)
  onGrowth(1 + rootSelection.fields.length)
  return { schema, operation, fragments, conditions: variableValues, rootSelection, onGrowth }
}

/** The requested subfields of a field whose value is an object of this type. */
export function selectionBelow(plan: QueryPlan, field: FieldPlan, type: GraphQLObjectType): SelectionPlan {
  let selection = field.selectionByType.get(type)
  if (selection === undefined) {
    const { schema, fragments, conditions } = plan
    selection = toSelectionPlan(schema, type, collectSubfields(schema, fragments, conditions, type, field.nodes))
    field.selectionByType.set(type, selection)
    plan.onGrowth(1 + selection.fields.length)
  }
  return selection
}

function toSelectionPlan(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  collected: ReadonlyMap<string, readonly FieldNode[]>,
): SelectionPlan {
  const fields: FieldPlan[] = []
  let work = 0
  for (const [responseName, nodes] of collected) {
    const [first] = nodes
    const definition = first && fieldDefinition(schema, parentType, first.name.value)
    // Unknown fields are skipped (GraphQL, section 6.3.3). A valid document contains no such field.
    if (!definition) continue
    const shape = shapeOf(schema, definition.type)
    const isProperty = definition.resolve === undefined || definition === TypeNameMetaFieldDef
    const selectionByType = isLeafType(getNamedType(definition.type)) ? noSelections : new Map()
    fields.push({ responseName, parentType, definition, nodes, shape, isProperty, selectionByType })
    work += isGuarded(definition) ? guardedWork : resolverWork
  }
  const template = Object.fromEntries(fields.map(({ responseName }) => [responseName, null]))
  const hasPrototypeName = collected.has('__proto__')
  const isPlain = fields.every(({ isProperty }) => isProperty) && !hasPrototypeName
  return { fields, hasPrototypeName, template, isPlain, work }
}

// Most fields are leaves. An empty map for each would take more memory than the rest of the field.
const noSelections: FieldPlan['selectionByType'] = new Map()

function fieldDefinition(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
  if (parentType === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
  }
  return parentType.getFields()[name]
}

// A type belongs to one schema. Plans share shapes, because that of an interface has a map of all its types.
const shapes = new WeakMap<GraphQLOutputType, Shape>()

function shapeOf(schema: GraphQLSchema, type: GraphQLOutputType): Shape {
  const known = shapes.get(type)
  if (known !== undefined) return known
  const shape = analyze(schema, type)
  shapes.set(type, shape)
  return shape
}

function analyze(schema: GraphQLSchema, type: GraphQLOutputType): Shape {
  if (isNonNullType(type)) return { ...shapeOf(schema, type.ofType), isNonNull: true }
  if (isListType(type)) return { kind: 'LIST', isNonNull: false, item: shapeOf(schema, type.ofType) }
  if (isLeafType(type))
    return { kind: 'LEAF', isNonNull: false, type, isSerialized: serializedForm.get(type.name) ?? isNever }
  if (!isAbstractType(type)) return { kind: 'OBJECT', isNonNull: false, type }
  const possibleTypes = new Map(schema.getPossibleTypes(type).map((possible) => [possible.name, possible]))
  return { kind: 'ABSTRACT', isNonNull: false, type, possibleTypes }
}

const isText = (value: unknown) => typeof value === 'string'
const isNever = () => false

/** For the built-in scalars, whether `serialize` returns a value unchanged. */
const serializedForm = new Map<string, (value: unknown) => boolean>([
  [GraphQLString.name, isText],
  [GraphQLID.name, isText],
  [GraphQLBoolean.name, (value) => typeof value === 'boolean'],
  [GraphQLInt.name, (value) => typeof value === 'number' && (value | 0) === value],
])
