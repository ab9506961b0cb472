import { type App, startApp } from './app.ts'
import { ConfigError, loadConfig } from './config.ts'

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
    `  1. Open ${publicUrl}/graphql in a browser and run the tab signIn; the session token goes into the bar above.`,
    '  2. Run createOrganization with the plan TEAM, then generateOrganizationToken; keep the secret it shows.',
    '  3. Attach a registry: npm run --silent registry-config > registry.yml && docker-registry serve registry.yml',
    '     then: docker login 127.0.0.1:5000 --username ORGANIZATION   (the secret is the password)',
    '',
  )
  return lines.join('\n')
}

async function main(): Promise<void> {
  const app = await startApp(loadConfig(process.env))
  process.stdout.write(`${banner(app)}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      // Whatever hangs, the process is gone within the 10 s that orchestrators wait.
      setTimeout(() => process.exit(0), 9_000).unref()
      app.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
}

function fail(error: unknown): never {
  // A fault of the configuration is for people; of any other, the stack says where.
  const text =
    error instanceof ConfigError || !(error instanceof Error) ? String(error) : (error.stack ?? error.message)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

main().catch(fail)
