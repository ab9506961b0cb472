import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { clusterDirOf } from '../database/embedded-postgres/cluster.ts'
import { findRunningDatabase } from '../database/embedded-postgres/running-server.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { explainDatabaseFailure } from '../database/explain-failure.ts'
import { openDatabase } from '../database/open-database.ts'
import type { ChainPoint } from '../domain/activity/chain-store.ts'
import type { Finding } from '../domain/activity/follow-chain.ts'
import { type ChainEnd, verifyActivity } from '../domain/activity/verify-activity.ts'

/*
 * `npm run verify-activity` computes the hash of every activity event again. With `-- --heads`, it prints the end of
 * each chain, for a copy elsewhere. `-- --expect FILE` compares with such a copy, and so finds a chain without its end.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { heads: { type: 'boolean' }, expect: { type: 'string' } } })
  const kept = values.expect === undefined ? undefined : parseHeads(await readFile(values.expect, 'utf8'))
  const source = await findSource()
  const database = await openDatabase(source.url)
  // With --heads, the standard output contains only the heads.
  const report = values.heads ? process.stderr : process.stdout
  let findings = 0
  try {
    const { events, chains } = await verifyActivity(database.em.fork(), {
      onFinding(finding) {
        findings += 1
        report.write(`${lineOf(finding)}\n`)
      },
      ...(values.heads && { onEnd: (end) => process.stdout.write(`${headOf(end)}\n`) }),
      ...(kept && { kept }),
    })
    const extent = `${events} activity events in ${chains} chains`
    if (findings === 0) report.write(`Verified ${extent}: all are as they were written.\n`)
    else throw new Error(`Of ${extent}, ${findings === 1 ? '1 thing is' : `${findings} things are`} not as written.`)
  } finally {
    await database.close()
    await source.stop()
  }
}

/** The database: that of DATABASE_URL, or the embedded one, which is started unless a running Postern uses it. */
async function findSource(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const dataDir = resolve(process.env.DATA_DIR || './data')
  const isNamed = Boolean(process.env.DATABASE_URL || process.env.DATABASE_URL_FILE)
  // Checked before the configuration is read, which would create a missing SECRET_KEY.
  if (!isNamed && !existsSync(clusterDirOf(dataDir)))
    throw new Error(`There is no database in ${dataDir}. Set DATA_DIR or DATABASE_URL as for npm start.`)
  const url = isNamed ? loadConfig(process.env).databaseUrl : await findRunningDatabase(dataDir)
  if (url !== null) return { url, stop: async () => undefined }
  return startEmbeddedPostgres({ dataDir, log: (line) => process.stderr.write(`${line}\n`) })
}

function lineOf({ namespaceId, name, position, eventId, what }: Finding): string {
  const place = position === null ? '' : `, position ${position}`
  return `${name} (${namespaceId})${place}${eventId === null ? '' : `, ${eventId}`}: ${what}`
}

function headOf({ namespaceId, position, hash }: ChainEnd): string {
  return `${namespaceId} ${position} ${hash.toString('hex')}`
}

function parseHeads(text: string): Map<string, ChainPoint> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const [, namespaceId = '', position, hash = ''] = /^(\w+) (\d+) ([0-9a-f]{64})\s*$/.exec(line) ?? []
      if (position === undefined)
        throw new Error('--expect takes a file with the output of --heads: an id, a position and a hash in each line.')
      return [namespaceId, { position: Number(position), hash: Buffer.from(hash, 'hex') }]
    }),
  )
}

main().catch((error: unknown) => {
  const said = explainDatabaseFailure(error) ?? (error instanceof Error ? error.message : String(error))
  process.stderr.write(`${said}\n`)
  process.exitCode = 1
})
