import pg from 'pg'

const tables = ['activity_event', 'activity_chain', 'activity_checkpoint']

/**
 * Changes the activity log like an owner of its tables who removes their protection: runs these statements without
 * triggers and with every privilege, and restores both afterwards.
 */
export async function tamper(databaseUrl: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('begin')
    for (const table of tables) await client.query(`alter table ${table} disable trigger user`)
    await client.query('grant update on activity_event to current_user')
    for (const statement of statements) await client.query(statement)
    await client.query('revoke update on activity_event from current_user')
    for (const table of tables) await client.query(`alter table ${table} enable trigger user`)
    await client.query('commit')
  } finally {
    await client.end()
  }
}
