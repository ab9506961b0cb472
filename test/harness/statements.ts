import pg from 'pg'

/**
 * The SQL statements that this process sends while `work` runs, including `begin` and `commit`. It sees every
 * connection of the process, so nothing else may run at the same time.
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

/** Whether a statement is one of the jobs of every instance, which look for due deliveries and notifications. */
export function isBackground(text: string): boolean {
  return /^\s*(with due as \(|select true as "isDue")/.test(text)
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const text: unknown = typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : null
  return typeof text === 'string' ? text : 'unknown'
}
