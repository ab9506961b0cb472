import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CreateOrganizationDocument, SignInDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { announceStart } from '../../src/announce-start.ts'
import type { App } from '../../src/app.ts'
import { generateToken } from '../harness/postern.ts'
import { buildCheckout, type Checkout, type PosternProcess, Processes } from './postern-process.ts'

const processes = new Processes()
let checkout: Checkout
let dataDir: string

beforeAll(async () => {
  checkout = await buildCheckout()
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-start-')))
})
afterAll(async () => {
  await processes.endAll()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

describe('a start with only DATA_DIR set', () => {
  let password: string
  let token: { id: string; secret: string }
  let running: PosternProcess

  const logsIn = async (url: string) => {
    const authorization = `Basic ${Buffer.from(`acme:${token.secret}`).toString('base64')}`
    return (await fetch(`${url}/token?service=registry`, { headers: { authorization } })).status
  }

  it('creates the administrator, and logs the URL and the file with the password in one JSON line', async () => {
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const passwordFile = join(dataDir, 'admin-password')
    expect(running.announcement).toMatchObject({ administrator: 'admin', passwordFile })
    for (const line of running.stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
    expect(running.stderr).toBe('')
    password = (await readFile(passwordFile, 'utf8')).trim()
    expect(password).toMatch(/^\S{20}$/)
    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600)
    expect(running.output).not.toContain(password)
    await rm(passwordFile)

    const { signIn } = await (await running.client()).execute(SignInDocument, {
      input: { username: 'admin', password },
    })
    const administrator = await running.client(signIn.sessionToken ?? '')
    await administrator.execute(CreateOrganizationDocument, { input: { name: 'acme', plan: 'TEAM' } })
    token = await generateToken(administrator)
    expect(await logsIn(url)).toBe(200)
  })

  it('logs no password the second time, and keeps people and tokens', async () => {
    expect(await running.end()).toMatchObject({ code: 0, signal: null })
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(running.announcement).toMatchObject({ url })
    expect(running.output).not.toMatch(/password/i)
    expect(await readdir(dataDir)).not.toContain('admin-password')
    expect(await logsIn(url)).toBe(200)
    const { viewer } = await (await running.client(token.secret)).execute(ViewerDocument, {})
    expect(viewer).toMatchObject({ organization: { name: 'acme' }, accessToken: { label: 'ci' } })
  })

  it('starts again after it was killed, and loses nothing', async () => {
    const jwks = async (url: string) => (await fetch(`${url}/.well-known/jwks.json`)).json()
    const before = await jwks(await running.url())
    expect(await running.end('SIGKILL')).toMatchObject({ code: null, signal: 'SIGKILL' })
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(await logsIn(url)).toBe(200)
    expect(await jwks(url)).toEqual(before)
    expect(running.output).not.toContain(password)
  })

  it('Postern does not start a second time on the same data, with a message, and keeps running', async () => {
    const second = processes.start(checkout, { DATA_DIR: dataDir })
    expect(await second.ended).toMatchObject({ code: 1 })
    expect(second.output).toMatch(new RegExp(`^Another Postern runs on ${dataDir}\\. Stop it first[^\\n]*\\n$`))
    expect(await logsIn(await running.url())).toBe(200)
  })

  it('stores the certificates of its registry where registry-config finds them', async () => {
    const kept = await readFile(join(dataDir, 'registry', 'root.crt'), 'utf8')
    expect(kept).toMatch(/^-----BEGIN CERTIFICATE-----/)
    expect(await (await fetch(`${await running.url()}/registry/root.crt`)).text()).toBe(kept)
  })
})

describe('the version', () => {
  it('the version is printed without a start', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    const directory = join(dataDir, 'never-made')
    const running = processes.start(checkout, { DATA_DIR: directory, PORT: 'wrong' }, ['--version'])
    expect(await running.ended).toMatchObject({ code: 0 })
    expect(running.output).toBe(`${version}\n`)
    await expect(readFile(join(directory, 'secret-key'))).rejects.toThrow('ENOENT')
  })
})

describe('the password of the first administrator', () => {
  it('the password of the first administrator is not logged if it was set, whatever the log level', async () => {
    const password = 'a-given-password'
    const directory = join(dataDir, 'given')
    const running = processes.start(checkout, {
      DATA_DIR: directory,
      ADMIN_USERNAME: 'root-of-all',
      ADMIN_PASSWORD: password,
      LOG_LEVEL: 'silent',
    })
    await running.url()
    expect(running.announcement).toMatchObject({ administrator: 'root-of-all' })
    expect(await readdir(directory)).not.toContain('admin-password')
    expect(running.output).not.toContain(password)
    const input = { username: 'root-of-all', password }
    const { signIn } = await (await running.client()).execute(SignInDocument, { input })
    expect(signIn.viewer?.user?.username).toBe('root-of-all')
    expect(await running.end('SIGINT')).toMatchObject({ code: 0, signal: null })
  })
})

describe('a start in a terminal', () => {
  const screen = (isTTY: boolean) => {
    const written: string[] = []
    return { isTTY, written, write: (text: string) => written.push(text) > 0 }
  }
  const logged: object[] = []
  const app: App = {
    url: 'http://127.0.0.1:4000',
    publicUrl: 'https://postern.example.org',
    administrator: { username: 'admin', generatedPassword: 'a-generated-password' },
    log: (fields) => logged.push(fields),
    drain: async () => undefined,
    stop: async () => undefined,
  }

  it.each([
    ['stdout', 0],
    ['stderr, while stdout is redirected', 1],
  ])('shows a banner with the password and the next steps on %s, and logs neither', async (_what, terminal) => {
    const screens = [screen(terminal === 0), screen(terminal === 1)]
    const directory = join(dataDir, 'never-made')
    announceStart(app, directory, screens)
    expect(screens[1 - terminal]?.written).toEqual([])
    const [shown = ''] = screens[terminal]?.written ?? []
    expect(shown).toContain('Postern is up: https://postern.example.org/graphql')
    expect(shown).toContain('  Administrator   admin\n  Password        a-generated-password\n')
    for (const next of ['1. Open https://postern.example.org/graphql', '2. Run Create', '3. Attach a registry'])
      expect(shown).toContain(next)
    expect(logged).toEqual([])
    await expect(readdir(directory)).rejects.toThrow('ENOENT')
  })

  it('logs the password if it cannot be written to a file, so that it is not lost', () => {
    announceStart(app, join(dataDir, 'not', 'there'), [screen(false)])
    expect(logged.splice(0)).toEqual([expect.objectContaining({ password: 'a-generated-password' })])
  })
})
