import { tooLarge } from './document-limits.ts'

/**
 * Maximum number of values in the variables of a request: fields of objects and items of lists. A token with 50 scopes
 * with every permission has 850.
 */
export const maxVariableValues = 2_000

/**
 * Checks the size of variables before they are compared with the types of the document, which takes long for each
 * invalid value. Throws `GraphQLError` (BAD_USER_INPUT, status 400).
 */
export function checkVariables(variables: unknown): void {
  const pending = [variables]
  let count = 0
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue
    // Without a copy of the list, which can be long.
    if (Array.isArray(value)) {
      count += value.length
      limitValues(count)
      for (const item of value) if (typeof item === 'object') pending.push(item)
    } else
      for (const name in value) {
        count++
        limitValues(count)
        const member: unknown = Reflect.get(value, name)
        if (typeof member === 'object') pending.push(member)
      }
  }
}

function limitValues(count: number): void {
  if (count > maxVariableValues)
    throw tooLarge(`The variables have more than ${maxVariableValues} values. Split them into several requests.`)
}
