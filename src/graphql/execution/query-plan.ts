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

/** What execution needs to know of an operation: the same for every request with the same values of its conditions. */
export interface QueryPlan {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Fragments
  /** The values of the variables that `@skip` and `@include` read. */
  readonly conditions: VariableValues
  readonly rootSelection: SelectionPlan
}

/** The fields that are asked for of an object of one type, in the order of the response. */
export interface SelectionPlan {
  readonly fields: readonly FieldPlan[]
  /** One has the response name `__proto__`, which an ordinary object takes for its prototype. */
  readonly hasPrototypeName: boolean
  /** An object with every response name, to be copied. */
  readonly template: Readonly<Record<string, null>>
  /** No field has a resolver: reading the properties of the object is all there is to do. */
  readonly isPlain: boolean
}

export type Fragments = Record<string, FragmentDefinitionNode>
export type VariableValues = Record<string, unknown>

/** A field of an object type, as a selection set asks for it. */
export interface FieldPlan {
  readonly responseName: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  /** Every selection of this response name; the fields below are those of all of them. */
  readonly nodes: readonly FieldNode[]
  readonly shape: Shape
  /** The value is read from a property, and so may be those below it. */
  readonly isProperty: boolean
  /** What is asked for of the value, for each type that it was found to have. Filled as values are met. */
  readonly selectionByType: Map<GraphQLObjectType, SelectionPlan>
}

/** An output type, taken apart once instead of at every value. */
export type Shape = { readonly isNonNull: boolean } & (
  | { readonly kind: 'LEAF'; readonly type: GraphQLLeafType; readonly isSerialized: (value: unknown) => boolean }
  | { readonly kind: 'LIST'; readonly item: Shape }
  | { readonly kind: 'OBJECT'; readonly type: GraphQLObjectType }
  | {
      readonly kind: 'ABSTRACT'
      readonly type: GraphQLAbstractType
      /** The types that a value can have, by name. */
      readonly possibleTypes: ReadonlyMap<string, GraphQLObjectType>
    }
)

/** Plans a query. `variableValues` are coerced. */
export function planQuery(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
  variableValues: VariableValues,
): QueryPlan {
  const type = schema.getRootType(operation.operation)
  if (!type) throw new TypeError(`The schema has no root type for the operation type ${operation.operation}.`)
  const collected = collectFields(schema, fragments, variableValues, type, operation.selectionSet)
  const rootSelection = toSelectionPlan(schema, type, collected)
  return { schema, operation, fragments, conditions: variableValues, rootSelection }
}

/** What is asked for below a field, where its value is an object of this type. */
export function selectionBelow(plan: QueryPlan, field: FieldPlan, type: GraphQLObjectType): SelectionPlan {
  let selection = field.selectionByType.get(type)
  if (selection === undefined) {
    const { schema, fragments, conditions } = plan
    selection = toSelectionPlan(schema, type, collectSubfields(schema, fragments, conditions, type, field.nodes))
    field.selectionByType.set(type, selection)
  }
  return selection
}

function toSelectionPlan(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  collected: ReadonlyMap<string, readonly FieldNode[]>,
): SelectionPlan {
  const fields: FieldPlan[] = []
  for (const [responseName, nodes] of collected) {
    const [first] = nodes
    const definition = first && fieldDefinition(schema, parentType, first.name.value)
    // A field that the type does not have is passed over (GraphQL, section 6.3.3). Validation lets none through.
    if (!definition) continue
    const shape = shapeOf(schema, definition.type)
    const isProperty = definition.resolve === undefined || definition === TypeNameMetaFieldDef
    fields.push({ responseName, parentType, definition, nodes, shape, isProperty, selectionByType: new Map() })
  }
  const template = Object.fromEntries(fields.map(({ responseName }) => [responseName, null]))
  const hasPrototypeName = collected.has('__proto__')
  const isPlain = fields.every(({ isProperty }) => isProperty) && !hasPrototypeName
  return { fields, hasPrototypeName, template, isPlain }
}

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

function shapeOf(schema: GraphQLSchema, type: GraphQLOutputType): Shape {
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

/** Of the built-in scalars, the values that `serialize` returns as they are. */
const serializedForm = new Map<string, (value: unknown) => boolean>([
  [GraphQLString.name, isText],
  [GraphQLID.name, isText],
  [GraphQLBoolean.name, (value) => typeof value === 'boolean'],
  [GraphQLInt.name, (value) => typeof value === 'number' && (value | 0) === value],
])
