import pg from 'pg'

/**
 * The SQL statements that this process sends while `work` is under way, `begin` and `commit` among them. It sees every
 * connection of the process: run nothing beside it.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const client = pg.Client.prototype
  const query: unknown = Reflect.get(client, 'query')
  if (typeof query !== 'function') throw new TypeError('pg.Client has no method `query` any more.')
  const recording = function (this: pg.Client, ...args: unknown[]): unknown {
    const text = textOf(args[0])
    if (!isBackground(text)) statements.push(text)
    return Reflect.apply(query, this, args)
  }
  Reflect.set(client, 'query', recording)
  try {
    await work()
    return statements
  } finally {
    Reflect.set(client, 'query', query)
  }
}

/** Whether a statement is what every instance sends by itself all the time: to look for deliveries and notices that are due. */
export function isBackground(text: string): boolean {
  return /^\s*(with due as \(|select true as "isDue")/.test(text)
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const text: unknown = typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : null
  return typeof text === 'string' ? text : 'unknown'
}
