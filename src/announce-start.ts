import { join } from 'node:path'
import type { App } from './app.ts'
import { replaceSecretFile } from './secret-file.ts'

type Screen = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>

/**
 * Announces that the server is up: with a banner on a terminal, otherwise with a line in the log. Other people can read
 * logs, so a generated password is written to a file that only its owner can read, and the line names the file.
 */
export function announceStart(app: App, dataDir: string, screens: readonly Screen[]): void {
  const terminal = screens.find(({ isTTY }) => isTTY)
  if (terminal) terminal.write(`${banner(app)}\n`)
  else app.log({ url: app.publicUrl, ...administratorFields(app, dataDir) }, 'Postern is up')
}

/** The banner. It is the only place where the password of the first administrator is shown. */
function banner({ publicUrl, administrator }: App): string {
  const lines = ['', `Postern is up: ${publicUrl}/graphql`, '']
  if (administrator !== null) {
    const password = administrator.generatedPassword ?? 'the ADMIN_PASSWORD you set'
    lines.push(`  Administrator   ${administrator.username}`, `  Password        ${password}`, '')
    if (administrator.generatedPassword !== null)
      lines.push('  The password is shown only this once: store it now.', '')
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
  // If the file cannot be written, the password is logged, because otherwise it is lost.
  if (!replaceSecretFile(path, generatedPassword)) return { administrator: username, password: generatedPassword }
  return { administrator: username, passwordFile: path, todo: 'Read the password there, and delete the file.' }
}
