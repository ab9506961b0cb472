// A process that owns an embedded database, for tests that kill it: starts it on the directory in its first argument,
// writes the URL, and lives until it is ended. With a second argument `exit` it ends by itself, stopping nothing.
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'

const [, , dataDir = '', end] = process.argv
process.on('SIGINT', () => undefined)
const { url } = await startEmbeddedPostgres({ dataDir, log: console.error })
process.stdout.write(`${url}\n`)
if (end === 'exit') process.exit(0)
