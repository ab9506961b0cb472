import { randomUUID } from 'node:crypto'
import { escapeIdentifier } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ActivityDocument, RepositoryDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createTestDatabase, execute, type TestDatabase } from '../harness/database.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { notificationOf } from '../harness/registry-reports.ts'
import { acme, anotherClient, askForToken } from '../harness/token-endpoint.ts'

let database: TestDatabase
let postern: Postern
let owner: Client
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  database = await createTestDatabase()
  postern = await startPostern({ databaseUrl: database.url })
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
  token = await generateToken(owner, { pullLimit: 1000 })
  expect((await pull()).status).toBe(200)
})
afterEach(writable)
afterAll(async () => {
  await postern.stop()
  await database.drop()
})

const name = () => escapeIdentifier(new URL(database.url).pathname.slice(1))

/** As after a failover: connections end, and new ones reach a server that only reads. */
async function readOnly(): Promise<void> {
  await execute(database.url, `alter database ${name()} set default_transaction_read_only = on`)
  await execute(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name = 'postern'`,
  )
}

/** New connections reach a server that writes; existing ones still only read. */
async function writable(): Promise<void> {
  const url = Object.assign(new URL(database.url), { pathname: 'postgres' }).href
  await execute(url, `alter database ${name()} reset default_transaction_read_only`)
}

const pull = () =>
  askForToken(postern.url, {
    login: acme(token.secret),
    scopes: ['repository:acme/app:pull'],
    headers: anotherClient(),
  })

const notify = (...events: readonly unknown[]) =>
  fetch(`${postern.url}/registry/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${postern.config.registryEventsSecret}` },
    body: JSON.stringify({ events }),
  })

const rename = () =>
  owner.send({
    query:
      'mutation { updateOrganization(organization: "acme", input: { displayName: "Acme" }) { userErrors { code } } }',
  })

describe('a database that only reads', () => {
  it('causes 503 with Retry-After at the token endpoint, for reports and for mutations', async () => {
    await readOnly()
    const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfter: 5 }
    await expect.poll(async () => (await rename()).body.errors?.[0]?.extensions, patience).toEqual(unavailable)
    const [asked, notified, renamed] = [
      await pull(),
      await notify(notificationOf({ subject: token.id })),
      await rename(),
    ]
    expect(asked).toMatchObject({ status: 503, body: { errors: [{ code: 'UNAVAILABLE' }] } })
    expect(notified.status).toBe(503)
    expect(renamed.body).toMatchObject({ errors: [{ path: ['updateOrganization'], extensions: unavailable }] })
    for (const { headers } of [asked, notified, renamed]) expect(headers.get('retry-after')).toBe('5')
    const device = await fetch(`${postern.url}/oauth/device`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'cli' }),
    })
    expect({ status: device.status, wait: device.headers.get('retry-after') }).toEqual({ status: 503, wait: '5' })
  })

  it('lets queries continue', async () => {
    await readOnly()
    const username = async () => (await owner.execute(ViewerDocument, {})).viewer?.user?.username
    await expect.poll(() => username().catch(() => null), patience).toBe('admin')
    expect(await owner.execute(RepositoryDocument, { name: 'acme/app' })).toMatchObject({ repository: {} })
  })

  it('loses no report, which the registry sends again, and keeps no connection', async () => {
    const digest = `sha256:${randomUUID().replaceAll('-', '').repeat(2)}`
    const report = notificationOf({ method: 'PUT', digest, tag: 'kept', subject: token.id })
    await readOnly()
    await expect.poll(async () => (await notify(report)).status, patience).toBe(503)
    // Many connections have seen that the server only reads.
    await Promise.all(Array.from({ length: 30 }, () => Promise.all([pull(), rename(), notify(report)])))
    await writable()
    await expect.poll(async () => (await notify(report)).status, patience).toBe(200)
    // Each connection fails at most once more.
    await Promise.all(Array.from({ length: 30 }, () => Promise.all([pull(), rename(), notify(report)])))
    const answers = await Promise.all(Array.from({ length: 30 }, () => Promise.all([pull(), rename(), notify(report)])))
    for (const [asked, renamed, notified] of answers)
      expect([asked.status, renamed.body.errors, notified.status]).toEqual([200, undefined, 200])
    const filter = { repository: 'acme/app', actions: ['repository.push'] }
    const { organization } = await owner.execute(ActivityDocument, { organization: 'acme', filter })
    expect(organization?.activity.nodes).toMatchObject([{ target: 'acme/app:kept' }])
  })
})

describe('a database that has no room or waits too long', () => {
  it.each([
    ['the disk is full', '53100'],
    ['memory is short', '53200'],
    ['the disk fails', '58030'],
    ['a lock is not free', '55P03'],
    ['transactions conflict', '40001'],
    ['the transaction was idle', '25P03'],
  ])('causes 503 with Retry-After at every endpoint if %s', async (_, code) => {
    const run = (sql: string) => execute(database.url, sql)
    await run(`
      create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'of the test' using errcode = '${code}'; end $$`)
    const tables = ['activity_event', 'pull_reservation', 'registry_event', 'device_request']
    for (const table of tables)
      await run(`create trigger fail before insert on ${table} for each row execute function fail()`)
    try {
      const device = fetch(`${postern.url}/oauth/device`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'cli' }),
      })
      const answers = [await pull(), await notify(notificationOf({ subject: token.id })), await device]
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
      const renamed = await rename()
      expect(renamed.body.errors?.[0]?.extensions.code).toBe('SERVICE_UNAVAILABLE')
      for (const { headers } of [...answers, renamed]) expect(headers.get('retry-after')).toBe('5')
    } finally {
      await run('drop function fail cascade')
    }
  })
})
