import { createHash } from 'node:crypto'
import pg from 'pg'
import { isDatabaseReadOnly } from '../domain/shared/database-down.ts'

// Limited, because texts with a varying number of parameters would fill the server's memory with unused statements.
const maxStatements = 500
const maxTextLength = 20_000
const names = new Map<string, string>()

/** The name of a prepared statement. Null if the statement is not prepared. */
function statementName(text: string): string | null {
  const known = names.get(text)
  if (known !== undefined) return known
  if (names.size >= maxStatements || text.length > maxTextLength) return null
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}

/**
 * A pg client that prepares every statement with parameters once per connection, named by a hash of its text.
 * PostgreSQL then need not parse and plan the lookups of each request.
 */
export class PreparingClient extends pg.Client {
  #readOnlyAt = Number.NEGATIVE_INFINITY

  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.connection.on('errorMessage', (error: unknown) => {
      if (isDatabaseReadOnly(error)) this.#readOnlyAt = performance.now()
    })
  }

  /** When its server turned out to be read-only, by `performance.now()`. Minus infinity if it did not. */
  get readOnlyAt(): number {
    return this.#readOnlyAt
  }

  // @ts-expect-error pg's overloads cannot be repeated here. This accepts the same arguments.
  override query(...args: [unknown, ...unknown[]]): unknown {
    const [statement, values] = args
    if (typeof statement === 'string' && Array.isArray(values) && values.length > 0) {
      const name = statementName(statement)
      if (name !== null) args[0] = { text: statement, name }
    }
    return Reflect.apply(super.query, this, args)
  }
}
