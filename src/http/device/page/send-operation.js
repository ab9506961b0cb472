/** A message for the person. */
export class Problem extends Error {}

/** @typedef {{ message: string }} Fault */

/**
 * Sends an operation with one root field, and returns what the field has. The address is relative, so that a path in front
 * of the page does no harm.
 * @param {string | null} sessionToken
 * @param {string} query
 * @param {Record<string, unknown>} variables
 * @returns {Promise<unknown>}
 */
export async function sendOperation(sessionToken, query, variables) {
  /** @type {Record<string, string>} */
  const headers = { 'content-type': 'application/json' }
  if (sessionToken !== null) headers.authorization = `Bearer ${sessionToken}`
  const body = JSON.stringify({ query, variables })
  const response = await fetch('graphql', { method: 'POST', headers, body, credentials: 'omit' }).catch(() => {
    throw new Problem('The server cannot be reached. Check your connection, and try again.')
  })
  const { data, errors } = await response
    .json()
    .catch(() => ({ errors: [{ message: 'The server is busy. Try again.' }] }))
  if (errors !== undefined) throw new Problem(textOf(errors))
  const [payload] = Object.values(data)
  if (payload?.userErrors?.length > 0) throw new Problem(textOf(payload.userErrors))
  return payload
}

/** @param {Fault[]} faults */
function textOf(faults) {
  return faults.map((fault) => fault.message).join(' ')
}
