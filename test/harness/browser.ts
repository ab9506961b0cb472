import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { describe } from 'vitest'

const chromiumPath = pathOf('chromium')

/**
 * A `describe` for tests that need a browser. Without one, they are skipped with a message on the console, and fail in
 * CI.
 */
export function describeInBrowser(name: string, tests: () => void): void {
  if (chromiumPath !== undefined || process.env.CI) {
    describe(name, tests)
    return
  }
  const reason = 'skipped, because there is no `chromium` on the PATH: install it to run this'
  console.warn(`${name}: ${reason}.`)
  describe.skip(`${name} (${reason})`, tests)
}

/**
 * Starts the headless Chromium on the PATH, without connections of its own.
 *
 * @throws Error if there is no Chromium
 */
export async function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No `chromium` on the PATH: install it, as Debian’s package does.')
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

function pathOf(command: string): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, command))
  return candidates.find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
