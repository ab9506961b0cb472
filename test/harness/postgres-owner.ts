// A process that owns an embedded database, for tests that kill it. It starts the database in the directory of its
// first argument, prints the URL, and runs until it is killed. With a second argument `exit`, it exits at once, without
// stopping anything.
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'

const [, , dataDir = '', end] = process.argv
process.on('SIGINT', () => undefined)
const { url } = await startEmbeddedPostgres({ dataDir, log: console.error })
process.stdout.write(`${url}\n`)
if (end === 'exit') process.exit(0)
