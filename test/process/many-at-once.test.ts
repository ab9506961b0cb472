import { randomBytes } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { escapeIdentifier } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { CreateOrganizationDocument, OrganizationDocument, SignInDocument } from '../../schema/typed-documents.ts'
import { type App, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { openDeployment } from '../../src/domain/deployment/open-deployment.ts'
import { deriveKeys, deriveRegistryEventsSecret } from '../../src/domain/secrets/secret-key.ts'
import { generateSigningKey } from '../../src/registry/signing-key.ts'
import { createTestDatabase, dropDatabase, execute, urlOfDatabase } from '../harness/database.ts'
import { adminPassword, generateToken } from '../harness/postern.ts'
import { buildCheckout, type Checkout, Processes } from './postern-process.ts'

const processes = new Processes()
let checkout: Checkout
let databaseUrl: string
let dataDir: string

beforeAll(async () => {
  checkout = await buildCheckout()
  const name = `${inject('databasePrefix')}${randomBytes(4).toString('hex')}`
  // Empty instead of a copy of the migrated template, because the instances must migrate it.
  await execute(inject('clusterUrl'), `create database ${escapeIdentifier(name)}`)
  databaseUrl = urlOfDatabase(inject('clusterUrl'), name)
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-many-')))
})
afterAll(async () => {
  await processes.endAll()
  await dropDatabase(inject('clusterUrl'), new URL(databaseUrl).pathname.slice(1))
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

describe('four instances that start at once on an empty database', () => {
  it('all start, with one administrator and one signing key, and share everything', async () => {
    const settings = { DATABASE_URL: databaseUrl, SECRET_KEY: randomBytes(32).toString('base64url') }
    const started = Array.from({ length: 4 }, (_, i) =>
      processes.start(checkout, { ...settings, ADMIN_PASSWORD: adminPassword, DATA_DIR: join(dataDir, String(i)) }),
    )
    const urls = await Promise.all(started.map((instance) => instance.url()))
    expect(new Set(urls).size).toBe(4)
    expect(started.map(({ stderr }) => stderr)).toEqual(['', '', '', ''])
    // Only the instance that created the administrator logs that.
    expect(started.filter(({ announcement }) => announcement?.administrator === 'admin')).toHaveLength(1)

    const [counts] = await execute(
      databaseUrl,
      `select (select count(*)::int from user_account) as people, (select count(*)::int from namespace) as namespaces,
         (select count(*)::int from deployment) as deployments, (select count(*)::int from signing_key) as keys,
         (select count(*)::int from migration) as migrations, (select count(distinct name)::int from migration) as names`,
    )
    expect(counts).toMatchObject({ people: 1, namespaces: 1, deployments: 1, keys: 1 })
    expect(counts?.migrations).toBe(counts?.names)

    const keySets = await Promise.all(urls.map(async (url) => (await fetch(`${url}/.well-known/jwks.json`)).text()))
    expect(new Set(keySets).size).toBe(1)

    // A change on one instance is visible on every other at once.
    const [first] = started
    if (first === undefined) throw new Error('Nothing was started.')
    const input = { username: 'admin', password: adminPassword }
    const { signIn } = await (await first.client()).execute(SignInDocument, { input })
    const administrator = await first.client(signIn.sessionToken ?? '')
    await administrator.execute(CreateOrganizationDocument, { input: { name: 'acme', plan: 'TEAM' } })
    const { secret } = await generateToken(administrator)
    for (const instance of started) {
      const client = await instance.client(signIn.sessionToken ?? '')
      expect(await client.execute(OrganizationDocument, { name: 'acme' })).toMatchObject({
        organization: { viewerRole: 'OWNER' },
      })
      const authorization = `Basic ${Buffer.from(`acme:${secret}`).toString('base64')}`
      expect((await fetch(`${await instance.url()}/token`, { headers: { authorization } })).status).toBe(200)
      // A registry has one secret, and its reports may reach any instance.
      const notified = await fetch(`${await instance.url()}/registry/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${deriveRegistryEventsSecret(Buffer.from(settings.SECRET_KEY))}` },
        body: '{"events":[]}',
      })
      expect(notified.status).toBe(200)
    }
  })
})

describe('eight instances that start at once on a migrated, empty database', () => {
  // Without migrations to wait for, they all reach the deployment at once.
  it('all start, with one administrator and one signing key', async () => {
    const database = await createTestDatabase()
    const config = loadConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: join(dataDir, 'one-process'),
      ADMIN_PASSWORD: adminPassword,
      LOG_LEVEL: 'silent',
    })
    const started: App[] = []
    try {
      const starts = await Promise.allSettled(Array.from({ length: 8 }, () => startApp(config)))
      for (const start of starts) if (start.status === 'fulfilled') started.push(start.value)
      expect(starts.filter(({ status }) => status === 'rejected')).toEqual([])
      expect(started.filter(({ administrator }) => administrator !== null)).toHaveLength(1)
      const keySets = started.map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).text())
      expect(new Set(await Promise.all(keySets)).size).toBe(1)
      expect(
        await execute(
          database.url,
          'select (select count(*)::int from user_account) as people, count(*)::int as keys from signing_key',
        ),
      ).toEqual([{ people: 1, keys: 1 }])
    } finally {
      await Promise.all(started.map((app) => app.stop()))
      await database.drop()
    }
  })
})

describe('eight simultaneous calls of openDeployment', () => {
  it('create one signing key, and all sign with it', async () => {
    const database = await createTestDatabase()
    const orm = await openDatabase(database.url)
    try {
      const keys = deriveKeys(randomBytes(32))
      // Connected first, so that they wait for nothing except the deployment.
      await Promise.all(Array.from({ length: 8 }, () => orm.em.fork().execute('select pg_sleep(0.1)')))
      const open = () => openDeployment(orm.em.fork(), keys, generateSigningKey, new Date())
      const opened = await Promise.all(Array.from({ length: 8 }, open))
      expect(new Set(opened.flat().map(({ kid }) => kid)).size).toBe(1)
      expect(await execute(database.url, 'select count(*)::int as keys from signing_key')).toEqual([{ keys: 1 }])
    } finally {
      await orm.close()
      await database.drop()
    }
  })
})
