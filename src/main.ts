import { type App, startApp } from './app.ts'
import { ConfigError, loadConfig } from './config.ts'
import { explainDatabaseFailure } from './database/explain-failure.ts'
import { SecretKeyMismatch } from './domain/deployment/open-deployment.ts'
import { version } from './version.ts'

/** What a person reads after the start. The password of the first administrator is shown here and nowhere else. */
function banner({ publicUrl, administrator }: App): string {
  const lines = ['', `Postern is up: ${publicUrl}/graphql`, '']
  if (administrator !== null) {
    const password = administrator.generatedPassword ?? 'the ADMIN_PASSWORD you set'
    lines.push(`  Administrator   ${administrator.username}`, `  Password        ${password}`, '')
    if (administrator.generatedPassword !== null) lines.push('  The password is shown this once: keep it now.', '')
  }
  lines.push(
    'Next:',
    `  1. Open ${publicUrl}/graphql in a browser and run the tab SignIn; the session token goes into the bar above.`,
    '  2. Run CreateOrganization with the plan TEAM, then GenerateOrganizationToken; keep the secret it shows.',
    '  3. Attach a registry: npm run --silent registry-config > registry.yml && docker-registry serve registry.yml',
    '     then: docker login 127.0.0.1:5000 --username ORGANIZATION   (the secret is the password)',
    '',
  )
  return lines.join('\n')
}

async function main(): Promise<void> {
  if (process.argv.includes('--version')) {
    process.stdout.write(`${version}\n`)
    return
  }
  const starting = startApp(loadConfig(process.env))
  const stop = once(() => {
    // Whatever hangs, the process is gone within the 10 s that orchestrators wait.
    setTimeout(() => process.exit(0), 9_000).unref()
    starting.then((app) => app.stop()).then(() => process.exit(0), fail)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(stop)
  process.stdout.write(`${banner(await starting)}\n`)
}

const orphanCheckIntervalMs = 250

/** Under `npm start` there is a shell in between, which a signal to npm ends without telling us. */
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

/** What went wrong, in a sentence for people; of a fault that nobody foresaw, with the stack, which says where. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (Reflect.get(error, 'syscall') === 'listen')
    return `Postern cannot listen on HOST and PORT (${error.message}). Set others, or end the program that listens there.`
  const isForeseen = [Error, ConfigError, SecretKeyMismatch].some((kind) => error.constructor === kind)
  return explainDatabaseFailure(error) ?? (isForeseen ? error.message : (error.stack ?? error.message))
}

main().catch(fail)
