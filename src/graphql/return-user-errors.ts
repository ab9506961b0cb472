import type { GraphQLSchema } from 'graphql'
import { Denied, InvalidInput } from '../domain/shared/errors.ts'
import type { Context } from './context.ts'

/**
 * Turns an invalid input into the payload of its mutation, with all other fields null. Guards reject an id that the
 * caller cannot see in the same way as the verb, so this must be applied after them.
 */
export function returnUserErrors(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field
    if (resolve === undefined) continue
    field.resolve = async (source, args, context: Context, info) => {
      try {
        const payload: unknown = await resolve(source, args, context, info)
        // graphql-shield returns the errors of guards.
        if (payload instanceof Error) throw payload
        return payload
      } catch (error) {
        if (error instanceof InvalidInput) return { userErrors: error.userErrors }
        if (error instanceof Denied) context.limits.noteWait(error.wait)
        throw error
      } finally {
        // Otherwise, the next mutation of the request would write what this one changed before it failed.
        context.em.clear()
      }
    }
  }
  return schema
}
