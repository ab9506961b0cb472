import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CreateOrganizationDocument, SignInDocument, ViewerDocument } from '../../schema/typed-documents.ts'
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
  await checkout.remove()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

describe('a start without any settings but a place for its data', () => {
  let password: string
  let token: { id: string; secret: string }
  let running: PosternProcess

  const logsIn = async (url: string) => {
    const authorization = `Basic ${Buffer.from(`acme:${token.secret}`).toString('base64')}`
    return (await fetch(`${url}/token?service=registry`, { headers: { authorization } })).status
  }

  it('makes the administrator, and prints the password once, the URL, and what to do next', async () => {
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    password = /^ {2}Administrator {3}admin\n {2}Password {8}(\S{20})$/m.exec(running.stdout)?.[1] ?? ''
    expect(running.stdout.split(password)).toHaveLength(2)
    expect(running.stdout).toContain(`1. Open ${url}/graphql in a browser`)
    expect(running.stdout).toContain('2. Run CreateOrganization')
    expect(running.stdout).toContain('3. Attach a registry')
    expect(running.stderr).toBe('')

    const { signIn } = await (await running.client()).execute(SignInDocument, {
      input: { username: 'admin', password },
    })
    const administrator = await running.client(signIn.sessionToken ?? '')
    await administrator.execute(CreateOrganizationDocument, { input: { name: 'acme', plan: 'TEAM' } })
    token = await generateToken(administrator)
    expect(await logsIn(url)).toBe(200)
  })

  it('prints no password the second time, and knows the people and the tokens of the first', async () => {
    expect(await running.end()).toMatchObject({ code: 0, signal: null })
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(running.stdout).toContain(`Postern is up: ${url}/graphql`)
    expect(running.stdout).not.toMatch(/password /i)
    expect(running.output).not.toContain(password)
    expect(await logsIn(url)).toBe(200)
    const { viewer } = await (await running.client(token.secret)).execute(ViewerDocument, {})
    expect(viewer).toMatchObject({ organization: { name: 'acme' }, accessToken: { label: 'ci' } })
  })

  it('comes up again after it was killed, and loses nothing', async () => {
    const jwks = async (url: string) => (await fetch(`${url}/.well-known/jwks.json`)).json()
    const before = await jwks(await running.url())
    expect(await running.end('SIGKILL')).toMatchObject({ code: null, signal: 'SIGKILL' })
    running = processes.start(checkout, { DATA_DIR: dataDir })
    const url = await running.url()
    expect(await logsIn(url)).toBe(200)
    expect(await jwks(url)).toEqual(before)
    expect(running.output).not.toContain(password)
  })

  it('refuses a second start on the same data with a sentence, and goes on', async () => {
    const second = processes.start(checkout, { DATA_DIR: dataDir })
    expect(await second.ended).toMatchObject({ code: 1 })
    expect(second.output).toMatch(new RegExp(`^Another Postern runs on ${dataDir}\\. Stop it first[^\\n]*\\n$`))
    expect(await logsIn(await running.url())).toBe(200)
  })

  it('keeps the certificates of its registry where registry-config finds them', async () => {
    const kept = await readFile(join(dataDir, 'registry', 'root.crt'), 'utf8')
    expect(kept).toMatch(/^-----BEGIN CERTIFICATE-----/)
    expect(await (await fetch(`${await running.url()}/registry/root.crt`)).text()).toBe(kept)
  })
})

describe('the version', () => {
  it('is printed without a start', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    const directory = join(dataDir, 'never-made')
    const running = processes.start(checkout, { DATA_DIR: directory, PORT: 'wrong' }, ['--version'])
    expect(await running.ended).toMatchObject({ code: 0 })
    expect(running.output).toBe(`${version}\n`)
    await expect(readFile(join(directory, 'secret-key'))).rejects.toThrow('ENOENT')
  })
})

describe('the password of the first administrator', () => {
  it('is not printed when it was given', async () => {
    const password = 'a-given-password'
    const directory = join(dataDir, 'given')
    const running = processes.start(checkout, {
      DATA_DIR: directory,
      ADMIN_USERNAME: 'root-of-all',
      ADMIN_PASSWORD: password,
    })
    await running.url()
    expect(running.stdout).toContain('Administrator   root-of-all\n  Password        the ADMIN_PASSWORD you set')
    expect(running.output).not.toContain(password)
    const input = { username: 'root-of-all', password }
    const { signIn } = await (await running.client()).execute(SignInDocument, { input })
    expect(signIn.viewer?.user?.username).toBe('root-of-all')
    expect(await running.end('SIGINT')).toMatchObject({ code: 0, signal: null })
  })
})
