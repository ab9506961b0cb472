import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client as PgClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CreateOrganizationDocument, OrganizationDocument, SignInDocument } from '../../schema/typed-documents.ts'
import { createTestDatabase, execute, type TestDatabase } from '../harness/database.ts'
import { patience } from '../harness/patience.ts'
import { adminPassword } from '../harness/postern.ts'
import { buildCheckout, type Checkout, type PosternProcess, Processes } from './postern-process.ts'

const processes = new Processes()
let checkout: Checkout
let database: TestDatabase
let dataDir: string

beforeAll(async () => {
  checkout = await buildCheckout()
  database = await createTestDatabase()
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-stop-')))
})
afterAll(async () => {
  await processes.endAll()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

const settings = () => ({ DATABASE_URL: database.url, DATA_DIR: dataDir, ADMIN_PASSWORD: adminPassword })

/** Opens a connection and sends the beginning of a request. `received` contains the response. */
async function openConnection(url: string, text: string): Promise<Socket & { received: () => string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk
  })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return Object.assign(socket, { received: () => received })
}

/** Takes a lock that every creation of an organization waits for, until it is released. */
async function blockCreations(): Promise<{ waiting(): Promise<number>; letGo(): Promise<void> }> {
  const client = new PgClient({ connectionString: database.url })
  await client.connect()
  await client.query('begin')
  await client.query('lock table organization in share row exclusive mode')
  return {
    waiting: async () =>
      (
        await execute(
          database.url,
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
      ).length,
    letGo: async () => {
      await client.query('rollback')
      await client.end()
    },
  }
}

describe('SIGTERM', () => {
  let running: PosternProcess
  let url: string
  beforeEach(async () => {
    running = processes.start(checkout, settings())
    url = await running.url()
  })

  it('SIGTERM completes a request in progress, and then accepts no new connections', async () => {
    const { signIn } = await (await running.client()).execute(SignInDocument, {
      input: { username: 'admin', password: adminPassword },
    })
    const administrator = await running.client(signIn.sessionToken ?? '')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await readiness(url, agent)).toBe(200)

    const lock = await blockCreations()
    const inFlight = administrator.send({
      query:
        'mutation { createOrganization(input: { name: "slow-co" }) { organization { name } userErrors { message } } }',
    })
    await vi.waitFor(async () => expect(await lock.waiting()).toBe(1), patience)
    const ending = running.end('SIGTERM')
    await vi.waitFor(async () => expect(await readiness(url, agent)).toBe(503), patience)
    await vi.waitFor(async () => expect(await readiness(url, agent)).toBe(0), patience)
    expect(running.hasEnded).toBe(false)

    await lock.letGo()
    const { status, body } = await inFlight
    expect({ status, data: body.data }).toEqual({
      status: 200,
      data: { createOrganization: { organization: { name: 'slow-co' }, userErrors: [] } },
    })
    const ended = await ending
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(ended.milliseconds).toBeLessThan(10_000)
    expect(running.stderr).toBe('')
    agent.destroy()
    expect(await execute(database.url, "select 1 as made from organization where name = 'slow-co'")).toEqual([
      { made: 1 },
    ])
  })

  it('SIGTERM loses no request of clients that keep their connections', async () => {
    const idle = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await ask(`${url}/livez`, idle)).status).toBe(200)
    const clients = Array.from({ length: 4 }, () => sendUntilFailure(`${url}/token?service=registry`))
    await vi.waitFor(() => expect(clients.every(({ responses }) => responses.length > 2)).toBe(true))

    const ending = running.end('SIGTERM')
    await vi.waitFor(async () => expect(await readiness(url, new Agent())).toBe(503), { interval: 20 })
    // A pooled connection that was idle accepts one more request.
    const result = await ask(`${url}/livez`, idle)
    expect(result).toEqual({ status: 200, isReused: true, connection: 'close' })
    const paths = ['/livez', '/metrics', '/graphql?query={__typename}', '/nothing', '/registry/root.crt']
    for (const path of paths)
      expect(await ask(`${url}${path}`, new Agent({ keepAlive: true }))).toMatchObject({ connection: 'close' })

    expect(await ending).toMatchObject({ code: 0, signal: null })
    for (const { ended, responses } of clients) {
      expect(await ended).toEqual({ isReused: false, code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) })
      expect(responses.every(({ status }) => status === 200)).toBe(true)
      expect(responses.at(-1)?.connection).toBe('close')
      // Also on connections that were opened during the stop.
      expect(responses.filter(({ connection }) => connection === 'close').length).toBeGreaterThan(1)
    }
    idle.destroy()
  })

  it('SIGTERM exits with 0 also if it is repeated, and so does SIGINT', async () => {
    running.signal('SIGINT')
    running.signal('SIGTERM')
    expect(await running.end('SIGTERM')).toMatchObject({ code: 0, signal: null })
    expect(running.stderr).toBe('')
  })

  it('SIGHUP exits with 0, because the terminal was closed', async () => {
    expect(await running.end('SIGHUP')).toMatchObject({ code: 0, signal: null })
  })

  it('SIGTERM leaves no connection to the database', async () => {
    await (await running.client()).execute(OrganizationDocument, { name: 'nobody' }).catch(() => undefined)
    const { signIn } = await (await running.client()).execute(SignInDocument, {
      input: { username: 'admin', password: adminPassword },
    })
    await (await running.client(signIn.sessionToken ?? '')).execute(CreateOrganizationDocument, {
      input: { name: 'left-co' },
    })
    const connections = () =>
      execute(
        database.url,
        // PostgreSQL's own sessions, such as autovacuum, come and go.
        `select pid from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      )
    expect(await connections()).not.toEqual([])
    await running.end('SIGTERM')
    await vi.waitFor(async () => expect(await connections()).toEqual([]), patience)
  })
})

// Each waits some seconds for its client, so they wait together.
describe.concurrent('SIGTERM with a client that keeps its connection', () => {
  it.each([
    ['says nothing', ''],
    ['has received its response and stays connected', 'GET /livez HTTP/1.1\r\nHost: postern\r\n\r\n'],
    ['sends half of its headers', 'POST /graphql HTTP/1.1\r\nHost: postern\r\nContent-'],
    [
      'sends half of its body',
      'POST /graphql HTTP/1.1\r\nHost: postern\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":',
    ],
  ])('SIGTERM exits with 0 within 10 s while a client %s', async (_what, text) => {
    const running = processes.start(checkout, settings())
    const url = await running.url()
    const socket = await openConnection(url, text)
    if (text.startsWith('GET')) await vi.waitFor(() => expect(socket.received()).toContain('200 OK'), patience)
    // A response on another connection shows that this one has been accepted.
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    const ended = await running.end('SIGTERM')
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(ended.milliseconds).toBeLessThan(10_000)
    expect(running.stderr).toBe('')
    socket.destroy()
  })
})

describe('SIGTERM during the start', () => {
  it.each(['postgres.lock', 'postgres/PG_VERSION', 'postgres/postmaster.pid', 'registry'])(
    'SIGTERM leaves no embedded database behind if it arrives when %s has been created',
    async (created) => {
      const directory = await mkdtemp(join(dataDir, 'broken-off-'))
      const started = processes.start(checkout, { DATA_DIR: directory })
      await vi.waitFor(() => expect(existsSync(join(directory, created))).toBe(true), { ...patience, interval: 5 })
      const ended = await started.end('SIGTERM')
      expect(ended).toMatchObject({ code: 0, signal: null })
      expect(started.stderr).toBe('')
      // It creates the cluster before it stops, unless that takes longer than allowed.
      if (ended.milliseconds < 9_000) expect(existsSync(join(directory, 'postgres', 'PG_VERSION'))).toBe(true)
      // After 9 s, it exits before the database, which has received the signal to stop.
      await vi.waitFor(
        () => expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false),
        ended.milliseconds < 9_000 ? { timeout: 0 } : patience,
      )
    },
  )
})

describe('npm start', () => {
  it('npm start builds and starts, and SIGTERM to npm ends everything, including the embedded database', async () => {
    const directory = join(dataDir, 'by-npm')
    // This test builds again, which must not affect others.
    const own = join(dataDir, 'checkout')
    await cp(checkout.directory, own, { recursive: true })
    const npm = processes.npm('start', { directory: own }, { DATA_DIR: directory })
    const url = await npm.url()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(200)
    expect(await readdir(join(directory, 'postgres'))).toContain('postmaster.pid')

    const ended = await npm.end('SIGTERM')
    expect(ended.milliseconds).toBeLessThan(10_000)
    expect(npm.stderr).not.toMatch(/at .*\(.*:\d+:\d+\)/)
    await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed')
    expect(await readdir(join(directory, 'postgres'))).not.toContain('postmaster.pid')
  }, 120_000)
})

interface Result {
  readonly status: number
  readonly connection: string | undefined
  /** Whether it arrived on a connection with an earlier response. */
  readonly isReused: boolean
}

function ask(url: string, agent: Agent): Promise<Result> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response
      response
        .resume()
        .on('error', reject)
        .on('end', () => resolve({ status, connection: headers.connection, isReused: asked.reusedSocket }))
    })
      .on('error', (error) => reject(Object.assign(error, { isReused: asked.reusedSocket })))
      .end()
  })
}

/** Sends requests on a connection that it keeps, and on a new one after `Connection: close`, until a request fails. */
function sendUntilFailure(url: string): { responses: Result[]; ended: Promise<unknown> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const responses: Result[] = []
  const ended = (async () => {
    try {
      for (;;) responses.push(await ask(url, agent))
    } catch (error) {
      agent.destroy()
      return { isReused: Reflect.get(Object(error), 'isReused'), code: Reflect.get(Object(error), 'code') }
    }
  })()
  return { responses, ended }
}

/** The status of /readyz on the agent's one connection; 0 if there is no connection. */
function readiness(url: string, agent: Agent): Promise<number> {
  return ask(`${url}/readyz`, agent).then(
    ({ status }) => status,
    () => 0,
  )
}
