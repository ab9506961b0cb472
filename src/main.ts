import { announceStart } from './announce-start.ts'
import { type App, startApp } from './app.ts'
import { ConfigError, loadConfig } from './config.ts'
import { explainDatabaseFailure } from './database/explain-failure.ts'
import { SecretKeyMismatch } from './domain/deployment/open-deployment.ts'
import { version } from './version.ts'

async function main(): Promise<void> {
  if (process.argv.includes('--version')) {
    process.stdout.write(`${version}\n`)
    return
  }
  const config = loadConfig(process.env)
  const starting = startApp(config)
  let isUp = false
  const stop = once(() => {
    // The process must end within the 10 s that orchestrators wait, even if something hangs.
    setTimeout(() => process.exit(0), 9_000).unref()
    const hasClients = isUp
    starting.then((app) => end(app, hasClients)).then(() => process.exit(0), fail)
  })
  // SIGHUP: the terminal was closed.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(stop)
  const app = await starting
  isUp = true
  announceStart(app, config.dataDir, [process.stdout, process.stderr])
}

async function end(app: App, hasClients: boolean): Promise<void> {
  if (hasClients) await app.drain()
  await app.stop()
}

const orphanCheckIntervalMs = 250

/** Under `npm start`, a signal to npm ends the shell in between, but does not reach this process. */
function whenOrphaned(stop: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) stop()
  }, orphanCheckIntervalMs).unref()
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

/** The error as a sentence for people. For unexpected errors, the stack shows where they occurred. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (Reflect.get(error, 'syscall') === 'listen')
    return (
      `Postern cannot listen on HOST and PORT (${error.message}). ` +
      'Set others, or end the program that listens there.'
    )
  const isForeseen = [Error, ConfigError, SecretKeyMismatch].some((kind) => error.constructor === kind)
  return explainDatabaseFailure(error) ?? (isForeseen ? error.message : (error.stack ?? error.message))
}

main().catch(fail)
