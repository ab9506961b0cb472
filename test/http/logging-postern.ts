import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { SignInDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { patience } from '../harness/patience.ts'
import { buildCheckout, Processes } from '../process/postern-process.ts'

export const adminPassword = 'the-administrators-own-password'
export const secretKey = 'the-secret-key-of-this-installation-of-postern'

/**
 * A Postern with the most verbose log, for tests that read it. It runs in its own process, so that no line is missed.
 */
export interface LoggingPostern {
  readonly url: string
  readonly database: TestDatabase
  /** The password of the administrator. */
  readonly session: string
  readonly client: (token?: string) => Promise<Client>
  /** Its output, at least until the line of the latest request. */
  log(): Promise<string>
  stop(): Promise<void>
}

export async function startLoggingPostern(): Promise<LoggingPostern> {
  const processes = new Processes()
  const checkout = await buildCheckout()
  const database = await createTestDatabase()
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-log-')))
  const running = processes.start(checkout, {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    SECRET_KEY: secretKey,
    ADMIN_PASSWORD: adminPassword,
    ALLOW_SIGN_UP: 'true',
    LOG_LEVEL: 'trace',
  })
  const stop = async () => {
    await processes.endAll()
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const url = await running.url()
    const input = { username: 'admin', password: adminPassword }
    const { signIn } = await (await running.client()).execute(SignInDocument, { input })
    return {
      url,
      database,
      session: signIn.sessionToken ?? '',
      client: (token) => running.client(token),
      async log() {
        const { headers } = await fetch(`${url}/livez`)
        const id = headers.get('x-request-id') ?? 'no id'
        await vi.waitFor(() => expect(running.output).toContain(id), patience)
        return running.output
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
