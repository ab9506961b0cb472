import { spawn } from 'node:child_process'
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignInDocument } from '../../schema/typed-documents.ts'
import { findRunningDatabase } from '../../src/database/embedded-postgres/running-server.ts'
import { adminPassword, createOrganization } from '../harness/postern.ts'
import { tamper } from '../harness/tamper.ts'
import { buildCheckout, type Checkout, type PosternProcess, Processes } from './postern-process.ts'

const processes = new Processes()
let checkout: Checkout
let dataDir: string
let postern: PosternProcess
beforeAll(async () => {
  checkout = await buildCheckout()
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-verify-')))
  postern = processes.start(checkout, { DATA_DIR: dataDir, ADMIN_PASSWORD: adminPassword, LOG_LEVEL: 'silent' })
  const input = { username: 'admin', password: adminPassword }
  const { signIn } = await (await postern.client()).execute(SignInDocument, { input })
  await createOrganization(await postern.client(signIn.sessionToken ?? ''), 'acme', 'TEAM')
}, 120_000)
afterAll(async () => {
  await processes.endAll()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

/** Runs what `npm run verify-activity` runs after the build. */
async function verify(args: readonly string[] = [], env: Readonly<Record<string, string>> = { DATA_DIR: dataDir }) {
  const command = join('dist', 'src', 'commands', 'verify-activity.js')
  const child = spawn(process.execPath, [command, ...args], {
    cwd: checkout.directory,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}

const whole = 'Verified 2 activity events in 2 chains: all are as they were written.\n'

describe('npm run verify-activity', () => {
  it('verifies the embedded database, both while the server runs and without it', async () => {
    expect(await verify()).toEqual({ stdout: whole, stderr: '', code: 0 })
    expect((await fetch(`${await postern.url()}/readyz`)).status).toBe(200)
    const url = (await findRunningDatabase(dataDir)) ?? ''
    expect(await verify([], { DATABASE_URL: url, SECRET_KEY: 'x'.repeat(32) })).toMatchObject({ stdout: whole })

    await postern.end()
    expect(await verify()).toEqual({ stdout: whole, stderr: '', code: 0 })
    postern = processes.start(checkout, { DATA_DIR: dataDir, LOG_LEVEL: 'silent' })
    await postern.url()
  })

  it('prints heads, compares with them later, and names what was changed', async () => {
    const { stdout: heads, stderr, code } = await verify(['--heads'])
    expect({ stderr, code }).toEqual({ stderr: whole, code: 0 })
    expect(heads).toMatch(/^org_\w{26} 1 [0-9a-f]{64}\nusr_\w{26} 1 [0-9a-f]{64}\n$/)
    const kept = join(dataDir, 'heads')
    await writeFile(kept, heads)
    expect(await verify(['--expect', kept])).toEqual({ stdout: whole, stderr: '', code: 0 })

    const url = (await findRunningDatabase(dataDir)) ?? ''
    await tamper(url, "update activity_event set target = 'other' where target = 'acme'")
    const [organization = ''] = heads.split(' ')
    const found = await verify(['--expect', kept])
    expect(found).toEqual({
      stdout: expect.stringMatching(
        new RegExp(`^acme \\(${organization}\\), position 1, evt_\\w{26}: has been changed or moved, .*\n$`),
      ),
      stderr: 'Of 2 activity events in 2 chains, 1 thing is not as written.\n',
      code: 1,
    })
    await tamper(url, "update activity_event set target = 'acme' where target = 'other'")
    expect((await verify()).code).toBe(0)
  })

  it('says what to do if it cannot verify', async () => {
    const nowhere = join(dataDir, 'nowhere')
    const { stdout, stderr, code } = await verify([], { DATA_DIR: nowhere })
    expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: expect.stringContaining('Set DATA_DIR'), code: 1 })
    await expect(readdir(nowhere)).rejects.toThrow('ENOENT')
    await writeFile(join(dataDir, 'nonsense'), 'no head\n')
    for (const args of [['--expect', join(dataDir, 'nonsense')], ['--expect', nowhere], ['--head']]) {
      const failed = await verify(args)
      expect(failed).toMatchObject({ stdout: '', stderr: expect.not.stringMatching(/^\s+at /m), code: 1 })
      expect(failed.stderr).not.toContain('DATABASE_URL')
    }
  })
})
