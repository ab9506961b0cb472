import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { permissions } from './permissions.ts'
import { allow, applyMiddleware, shield } from './shield.ts'

/** Types all of whose fields anyone may read who got hold of the object. */
function openTypes(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .map((type) => type.name)
    .filter((name) => !(name in permissions))
}

/**
 * Puts graphql-shield in front of a schema. Throws when the table of permissions and the schema do not fit: a root field
 * without a line of its own, or a line without a field, is a mistake to be found at start and not by a caller.
 *
 * graphql-shield wraps every field, also where anyone may pass, which costs a list query about a quarter of its speed; so
 * those fields get their own resolvers back.
 */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  checkPermissions(schema)
  const open = Object.fromEntries(openTypes(schema).map((name) => [name, allow]))
  const guarded = applyMiddleware(
    schema,
    shield({ ...permissions, ...open }, { fallbackRule: permissions.Query['*'], allowExternalErrors: true }),
  )
  for (const type of Object.values(guarded.getTypeMap())) {
    const original = schema.getType(type.name)
    if (!isObjectType(type) || !isObjectType(original)) continue
    for (const [name, field] of Object.entries(type.getFields())) {
      const resolve = original.getFields()[name]?.resolve
      if (isOpen(type.name, name)) {
        if (resolve) field.resolve = resolve
        else delete field.resolve
      }
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
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    const rules = type ? (Reflect.get(permissions, type.name) ?? {}) : {}
    for (const name of Object.keys(type?.getFields() ?? {}))
      if (!Object.hasOwn(rules, name)) throw new Error(`permissions.ts has no line for ${type?.name}.${name}.`)
  }
}
