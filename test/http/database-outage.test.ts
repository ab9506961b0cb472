import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { escapeIdentifier, Client as PgClient } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { OrganizationDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createTestDatabase, dropDatabase, execute, type TestDatabase } from '../harness/database.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

/** A proxy between Postern and its database, which can be cut. */
class Wire {
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0

  constructor(target: string) {
    this.#target = new URL(target)
  }

  get url(): string {
    return Object.assign(new URL(this.#target), { hostname: '127.0.0.1', port: String(this.#port) }).href
  }

  /** Forwards everything. `silent` accepts connections and sends nothing. */
  async open({ silent = false } = {}): Promise<void> {
    this.#server = createServer((socket) => {
      this.#keep(socket)
      if (silent) return
      const database = this.#keep(connect(Number(this.#target.port || 5432), this.#target.hostname))
      socket.pipe(database).pipe(socket)
      socket.on('close', () => database.destroy())
      database.on('close', () => socket.destroy())
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Closes every connection, and accepts no new one. */
  async cut(): Promise<void> {
    const closed = this.#server && once(this.#server, 'close')
    this.#server?.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
  }
}

let database: TestDatabase
let wire: Wire
let postern: Postern
let administrator: Client
let token: { id: string; secret: string }

beforeAll(async () => {
  database = await createTestDatabase()
  wire = new Wire(database.url)
  await wire.open()
  postern = await startPostern({ databaseUrl: wire.url })
  administrator = await postern.signInAsAdministrator()
  await createOrganization(administrator, 'acme')
  token = await generateToken(administrator)
})
afterAll(async () => {
  await postern.stop()
  await wire.cut()
  await database.drop()
})

const login = () =>
  fetch(`${postern.url}/token?service=registry`, {
    headers: { authorization: `Basic ${Buffer.from(`acme:${token.secret}`).toString('base64')}` },
  })

const statusOf = async (path: string) => (await fetch(`${postern.url}${path}`)).status

const unavailable = {
  message: 'The database is unavailable. Try again in 5 seconds.',
  extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: 5 },
}

const signInAsNobody =
  'mutation { signIn(input: { username: "nobody", password: "nothing of the kind" }) { userErrors { code } } }'
const pullEvent = {
  id: 'an-event-of-the-outage',
  timestamp: '2026-11-22T07:13:27Z',
  action: 'pull',
  target: { repository: 'acme/api', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  request: { method: 'GET' },
}

async function expectOutage(): Promise<void> {
  // With a session, which must be looked up, and anonymously, where a resolver queries the database.
  const [bySession, anonymously, mutation, denied, exported, notified, livez, readyz] = await Promise.all([
    administrator.send({ query: '{ viewer { user { id } } }' }),
    postern.client().send({ query: '{ repository(name: "acme/api") { id } }' }),
    postern.client().send({ query: signInAsNobody }),
    login(),
    fetch(`${postern.url}/organizations/acme/activity.csv`, {
      headers: { authorization: `Bearer ${administrator.token}` },
    }),
    fetch(`${postern.url}/registry/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${postern.config.registryEventsSecret}` },
      body: JSON.stringify({ events: [pullEvent] }),
    }),
    statusOf('/livez'),
    statusOf('/readyz'),
  ])
  expect({ status: bySession.status, body: bySession.body }).toEqual({ status: 503, body: { errors: [unavailable] } })
  expect(anonymously.body).toEqual({
    data: { repository: null },
    errors: [{ ...unavailable, path: ['repository'], locations: [expect.anything()] }],
  })
  expect(mutation.body).toMatchObject({ errors: [{ ...unavailable, path: ['signIn'] }] })
  for (const { headers } of [bySession, anonymously, mutation, denied, exported, notified])
    expect(headers.get('retry-after')).toBe('5')
  for (const { status } of [exported, notified]) expect(status).toBe(503)
  expect({ livez, readyz }).toEqual({ livez: 200, readyz: 503 })
  expect({
    status: denied.status,
    body: await denied.json(),
  }).toEqual({
    status: 503,
    body: { errors: [{ code: 'UNAVAILABLE', message: expect.stringContaining('database') }] },
  })
  // Routes without a database keep working: the key set of registries, the metrics, and the schema.
  for (const path of ['/.well-known/jwks.json', '/registry/root.crt', '/metrics'])
    expect(await statusOf(path)).toBe(200)
  expect((await postern.client().send({ query: '{ __schema { queryType { name } } }' })).status).toBe(200)
}

async function expectAllIsWell(): Promise<void> {
  await vi.waitFor(async () => expect(await statusOf('/readyz')).toBe(200), patience)
  expect(await administrator.execute(ViewerDocument, {})).toMatchObject({ viewer: { user: { username: 'admin' } } })
  expect((await login()).status).toBe(200)
}

describe('an outage of the database', () => {
  it('causes 503 where it is needed, leaves the process running, and ends without a restart', async () => {
    await expectAllIsWell()
    await wire.cut()
    await expectOutage()
    await expectOutage()
    await wire.open()
    await expectAllIsWell()
  })

  it('lets the process itself count guesses', async () => {
    await wire.cut()
    // A name that nobody can have is not looked up.
    const input = { username: 'No Name', password: 'a wrong password' }
    const codes: Array<string | undefined> = []
    for (let guess = 0; guess < 12; guess++) {
      const { body } = await postern.client().send({
        query: 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }',
        variables: { input },
      })
      codes.push(body.errors?.[0]?.extensions.code ?? JSON.stringify(body.data))
    }
    const failed = '{"signIn":{"userErrors":[{"code":"SIGN_IN_FAILED"}]}}'
    expect(codes).toEqual([...Array(10).fill(failed), 'TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS'])
    await wire.open()
    await expectAllIsWell()
  })

  it('fails a mutation in progress, which has written nothing', async () => {
    const blocker = new PgClient({ connectionString: database.url })
    blocker.on('error', () => undefined)
    await blocker.connect()
    await blocker.query('begin; lock table organization in share row exclusive mode')
    const inFlight = administrator.send({
      query:
        'mutation { createOrganization(input: { name: "half-made" }) { organization { id } userErrors { code } } }',
    })
    await vi.waitFor(async () => {
      const waiting = await execute(
        database.url,
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      expect(waiting).toHaveLength(1)
    }, patience)
    await wire.cut()
    const { body } = await inFlight
    expect(body).toEqual({
      data: null,
      errors: [{ ...unavailable, path: ['createOrganization'], locations: [expect.anything()] }],
    })
    await blocker.query('rollback')
    await blocker.end()
    await wire.open()
    await expectAllIsWell()
    expect(await administrator.execute(OrganizationDocument, { name: 'half-made' })).toEqual({ organization: null })
    expect(await execute(database.url, "select 1 from namespace where name = 'half-made'")).toEqual([])
    expect(await execute(database.url, "select 1 from activity_event where target = 'half-made'")).toEqual([])
  })

  it('keeps nobody waiting forever for a host that accepts connections and sends nothing', async () => {
    await wire.cut()
    await wire.open({ silent: true })
    await expectOutage()
    await wire.cut()
    await wire.open()
    await expectAllIsWell()
  })
})

describe('a dropped database', () => {
  it('causes 503 everywhere, and an empty one in its place is detected', async () => {
    await database.drop()
    await expectOutage()

    const name = new URL(database.url).pathname.slice(1)
    const template = escapeIdentifier(inject('templateDatabase'))
    await execute(inject('clusterUrl'), `create database ${escapeIdentifier(name)} template ${template}`)
    await vi.waitFor(async () => expect(await statusOf('/readyz')).toBe(200), patience)
    const { status, body } = await administrator.send({ query: '{ organization(name: "acme") { id } }' })
    expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' })
    expect((await login()).status).toBe(401)
    await dropDatabase(inject('clusterUrl'), name)
  })
})
