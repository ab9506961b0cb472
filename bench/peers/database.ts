import pg from 'pg'

// The size of Postern's pool.
const maxConnections = 20
const timestamptz = 1184

pg.types.setTypeParser(timestamptz, (text) => `${text.slice(0, 10)}T${text.slice(11, 19)}.${fractionOf(text)}Z`)

function fractionOf(text: string): string {
  return text.slice(20, text.indexOf('+', 19)).padEnd(3, '0')
}

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: maxConnections,
  options: '-c timezone=UTC',
})

/** Runs a statement that is prepared under a name, once per connection. */
export async function rowsOf<Row extends pg.QueryResultRow>(
  name: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const { rows } = await pool.query<Row>({ name, text, values })
  return rows
}
