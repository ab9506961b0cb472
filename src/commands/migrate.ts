import { loadConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { explainDatabaseFailure } from '../database/explain-failure.ts'
import { migrateDatabase, revertMigrations } from '../database/migrate.ts'

/*
 * `npm run migrate` migrates the database, like every start; `npm run migrate -- down N` reverts the newest N
 * migrations, and deletes the data in the tables and columns that they added.
 */
async function migrate(direction: string | undefined, count: string | undefined): Promise<void> {
  const { databaseUrl, dataDir } = loadConfig(process.env)
  const embedded =
    databaseUrl === null
      ? await startEmbeddedPostgres({ dataDir, log: (line) => process.stderr.write(`${line}\n`) })
      : null
  const url = databaseUrl ?? embedded?.url ?? ''
  try {
    if (direction === undefined) await migrateDatabase(url)
    else if (direction === 'down' && /^[1-9]\d*$/.test(count ?? '')) await revertMigrations(url, Number(count))
    else
      throw new Error(
        'Write `npm run migrate`, or `npm run migrate -- down N` with the number of migrations to revert.',
      )
  } finally {
    await embedded?.stop()
  }
}

migrate(process.argv[2], process.argv[3]).catch((error: unknown) => {
  const said = explainDatabaseFailure(error) ?? (error instanceof Error ? error.message : String(error))
  process.stderr.write(`${said}\n`)
  process.exitCode = 1
})
