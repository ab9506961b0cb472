import { type GraphQLSchema, isInterfaceType, isNonNullType, isObjectType } from 'graphql'
import { markGuarded } from './guarded-field.ts'
import { permissions } from './permissions.ts'
import { allow, applyMiddleware, shield } from './shield.ts'

/** Types without guards: whoever can read the object can read all of its fields. */
function openTypes(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .map((type) => type.name)
    .filter((name) => !(name in permissions))
}

/**
 * Adds graphql-shield to a schema. Throws if permissions.ts does not match the schema: a root field without a line, or
 * a line without a field, is a mistake that must be found at the start. So is a guarded field below the root that is
 * not nullable, because denying it would also remove the object that it belongs to.
 *
 * graphql-shield also wraps fields that anyone may read, which costs list queries about a quarter of their speed. So
 * these fields get their original resolvers back.
 */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  checkPermissions(schema)
  const open = Object.fromEntries(openTypes(schema).map((name) => [name, allow]))
  const guarded = applyMiddleware(
    schema,
    shield({ ...permissions, ...open }, { fallbackRule: permissions.Query['*'], allowExternalErrors: true }),
  )
  const roots = [schema.getQueryType()?.name, schema.getMutationType()?.name]
  for (const type of Object.values(guarded.getTypeMap())) {
    const original = schema.getType(type.name)
    if (!isObjectType(type) || !isObjectType(original)) continue
    for (const [name, field] of Object.entries(type.getFields())) {
      const resolve = original.getFields()[name]?.resolve
      if (isOpen(type.name, name)) {
        if (resolve) field.resolve = resolve
        else delete field.resolve
      } else if (!roots.includes(type.name)) markGuarded(field)
    }
  }
  return guarded
}

/** Whether anyone may read the field. */
export function isOpen(typeName: string, fieldName: string): boolean {
  const rules: Record<string, unknown> | undefined = Reflect.get(permissions, typeName)
  return rules === undefined || (rules[fieldName] ?? rules['*']) === allow
}

function checkPermissions(schema: GraphQLSchema): void {
  for (const [typeName, rules] of Object.entries(permissions)) {
    const type = schema.getType(typeName)
    if (!isObjectType(type))
      throw new Error(`permissions.ts names the type ${typeName}, which the schema does not have.`)
    const fields = type.getFields()
    for (const [name, rule] of Object.entries(rules)) {
      if (rule === undefined) throw new Error(`permissions.ts has no rule for ${typeName}.${name}.`)
      if (name !== '*' && !(name in fields))
        throw new Error(`permissions.ts names ${typeName}.${name}, which the schema does not have.`)
    }
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || roots.includes(type)) continue
    for (const field of Object.values(type.getFields()))
      if (!isOpen(type.name, field.name) && isNonNullType(field.type))
        throw new Error(`${type.name}.${field.name} has a guard in permissions.ts, so its type must be nullable.`)
  }
  for (const type of roots) {
    const rules = type ? (Reflect.get(permissions, type.name) ?? {}) : {}
    for (const name of Object.keys(type?.getFields() ?? {}))
      if (!Object.hasOwn(rules, name)) throw new Error(`permissions.ts has no line for ${type?.name}.${name}.`)
  }
}
