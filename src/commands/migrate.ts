import { loadConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { explainDatabaseFailure } from '../database/explain-failure.ts'
import { migrateDatabase, revertMigrations } from '../database/migrate.ts'

/*
 * `npm run migrate` brings the database up to date, as every start does; `npm run migrate -- down N` takes back the
 * newest N migrations, with the data in what they made.
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
    else throw new Error('Write `npm run migrate`, or `npm run migrate -- down N` with how many to take back.')
  } finally {
    await embedded?.stop()
  }
}

migrate(process.argv[2], process.argv[3]).catch((error: unknown) => {
  const said = explainDatabaseFailure(error) ?? (error instanceof Error ? error.message : String(error))
  process.stderr.write(`${said}\n`)
  process.exitCode = 1
})
