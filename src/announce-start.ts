import { join } from 'node:path'
import type { App } from './app.ts'
import { replaceSecretFile } from './secret-file.ts'

type Screen = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>

/**
 * Tells that the server is up. A person at a terminal reads a banner. Elsewhere what is written goes to a log, where one line is
 * one event, and which others read: so a generated password goes into a file for its owner, and the line names the file.
 */
export function announceStart(app: App, dataDir: string, screens: readonly Screen[]): void {
  const terminal = screens.find(({ isTTY }) => isTTY)
  if (terminal) terminal.write(`${banner(app)}\n`)
  else app.log({ url: app.publicUrl, ...administratorFields(app, dataDir) }, 'Postern is up')
}

/** What a person reads. The password of the first administrator is shown here and nowhere else. */
function banner({ publicUrl, administrator }: App): string {
  const lines = ['', `Postern is up: ${publicUrl}/graphql`, '']
  if (administrator !== null) {
    const password = administrator.generatedPassword ?? 'the ADMIN_PASSWORD you set'
    lines.push(`  Administrator   ${administrator.username}`, `  Password        ${password}`, '')
    if (administrator.generatedPassword !== null) lines.push('  The password is shown this once: keep it now.', '')
  }
  lines.push(
    'Next:',
    `  1. Open ${publicUrl}/graphql in a browser, and sign in.`,
    '  2. Run CreateOrganization with the plan TEAM, then GenerateOrganizationToken; keep the secret it shows.',
    '  3. Attach a registry: npm run --silent registry-config > registry.yml && docker-registry serve registry.yml',
    '     then: docker login 127.0.0.1:5000 --username ORGANIZATION   (the secret is the password)',
    '',
  )
  return lines.join('\n')
}

function administratorFields({ administrator }: App, dataDir: string): object {
  if (administrator === null) return {}
  const { username, generatedPassword } = administrator
  if (generatedPassword === null) return { administrator: username }
  const path = join(dataDir, 'admin-password')
  // It is known to nobody else, so it must not be lost.
  if (!replaceSecretFile(path, generatedPassword)) return { administrator: username, password: generatedPassword }
  return { administrator: username, passwordFile: path, todo: 'Read the password there, and delete the file.' }
}
