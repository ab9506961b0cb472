import { tooLarge } from './document-limits.ts'

/**
 * Maximum number of values in the variables of a request: fields of objects and items of lists. A token with 50 scopes
 * with every permission has 850.
 */
export const maxVariableValues = 2_000

/**
 * Checks the size of variables before they are compared with the types of the document, which takes long for each
 * invalid value, or of extensions. Throws `GraphQLError` (BAD_USER_INPUT, status 400).
 */
export function checkValues(name: 'variables' | 'extensions', values: unknown): void {
  const pending = [values]
  let count = 0
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue
    // Without a copy of the list, which can be long.
    if (Array.isArray(value)) {
      count += value.length
      limitValues(name, count)
      for (const item of value) if (typeof item === 'object') pending.push(item)
    } else
      for (const key in value) {
        count++
        limitValues(name, count)
        const member: unknown = Reflect.get(value, key)
        if (typeof member === 'object') pending.push(member)
      }
  }
}

function limitValues(name: string, count: number): void {
  if (count > maxVariableValues)
    throw tooLarge(`The ${name} have more than ${maxVariableValues} values. Split them into several requests.`)
}
