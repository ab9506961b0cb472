import type { GraphQLField } from 'graphql'

type AnyField = Pick<GraphQLField<unknown, unknown>, 'extensions'>

/** Marks a field below the root whose guard runs for every object. */
export function markGuarded(field: AnyField): void {
  field.extensions = { ...field.extensions, isGuarded: true }
}

/** Whether a guard runs for every object that has the field. */
export function isGuarded({ extensions }: AnyField): boolean {
  return extensions.isGuarded === true
}
