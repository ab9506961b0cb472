import type { GraphQLSchema } from 'graphql'
import { type Context, continueAs } from './context.ts'

/**
 * Authenticates the caller again before each field of a mutation but the first. The one before may have taken seconds,
 * such as one that requests a provider's configuration, and the caller may have lost a role or the session meanwhile.
 * Guards of fields see the new principal, so this must be applied after them.
 */
export function renewPrincipals(schema: GraphQLSchema): GraphQLSchema {
  const started = new WeakSet<Context>()
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field
    if (resolve === undefined) continue
    field.resolve = async (source, args, context: Context, info) => {
      if (started.has(context)) continueAs(context, await context.reauthenticate())
      else started.add(context)
      return resolve(source, args, context, info)
    }
  }
  return schema
}
