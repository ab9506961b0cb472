import { createHash } from 'node:crypto'
import pg from 'pg'

// Texts with a varying number of parameters would fill the server's memory with statements that never come again.
const maxStatements = 500
const maxTextLength = 20_000
const names = new Map<string, string>()

/** The name under which a statement is prepared; null for one that is not worth it. */
function statementName(text: string): string | null {
  const known = names.get(text)
  if (known !== undefined) return known
  if (names.size >= maxStatements || text.length > maxTextLength) return null
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}

/**
 * A pg client that prepares every statement with parameters once a connection, under a name made from its text. The
 * lookups of a request then cost PostgreSQL no parsing and planning; see docs/decisions for what that gains.
 */
export class PreparingClient extends pg.Client {
  // @ts-expect-error pg's overloads cannot be restated; this takes what they take.
  override query(...args: [unknown, ...unknown[]]): unknown {
    const [statement, values] = args
    if (typeof statement === 'string' && Array.isArray(values) && values.length > 0) {
      const name = statementName(statement)
      if (name !== null) args[0] = { text: statement, name }
    }
    return Reflect.apply(super.query, this, args)
  }
}
