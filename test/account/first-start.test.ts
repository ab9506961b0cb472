import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  ChangePasswordDocument,
  CreateOrganizationDocument,
  SignInDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { type App, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createAdministrator } from '../../src/domain/account/create-administrator.ts'
import { Client } from '../harness/client.ts'
import { dropDatabase, execute, urlOfDatabase } from '../harness/database.ts'

const given = 'an administrator chose this'
let dataDir = ''
let databaseUrl = ''
let running: App[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'postern-data-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

// Not even migrated, as on the very first start.
beforeEach(async () => {
  const name = `${inject('databasePrefix')}${randomBytes(4).toString('hex')}`
  await execute(inject('clusterUrl'), `create database ${name}`)
  databaseUrl = urlOfDatabase(inject('clusterUrl'), name)
})
afterEach(async () => {
  await Promise.all(running.map((app) => app.stop()))
  running = []
  await dropDatabase(inject('clusterUrl'), new URL(databaseUrl).pathname.slice(1))
})

async function start(environment: Record<string, string> = {}): Promise<App> {
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    SECRET_KEY: 'k'.repeat(32),
    ...environment,
  })
  const app = await startApp(config)
  running.push(app)
  return app
}

async function signIn({ url }: App, username: string, password: string): Promise<Client | null> {
  const { signIn } = await new Client(url, undefined).execute(SignInDocument, { input: { username, password } })
  return signIn.sessionToken === null ? null : new Client(url, signIn.sessionToken)
}

async function accounts(): Promise<unknown[]> {
  return execute(databaseUrl, 'select username, is_administrator from user_account')
}

describe('the first start', () => {
  it('creates the administrator, with a generated password that signs in', async () => {
    const app = await start()
    expect(app.administrator).toEqual({ username: 'admin', generatedPassword: expect.stringMatching(/^[\w-]{20}$/) })
    expect(await accounts()).toEqual([{ username: 'admin', is_administrator: true }])

    const password = app.administrator?.generatedPassword ?? ''
    const administrator = await signIn(app, 'admin', password)
    const input = { name: 'acme', plan: 'BUSINESS' as const }
    expect(await administrator?.execute(CreateOrganizationDocument, { input })).toMatchObject({
      createOrganization: { organization: { plan: 'BUSINESS' }, userErrors: [] },
    })
    const [row] = await execute(databaseUrl, 'select password_hash from user_account')
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(JSON.stringify(row)).not.toContain(password)
  })

  it('generates another password for each database', async () => {
    const { administrator: first } = await start()
    await execute(databaseUrl, 'delete from namespace')
    const { administrator: second } = await start()
    expect(second?.generatedPassword).toMatch(/^[\w-]{20}$/)
    expect(second?.generatedPassword).not.toBe(first?.generatedPassword)
  })

  it('uses the given name and password, and generates no password', async () => {
    const app = await start({ ADMIN_USERNAME: 'root-of-all', ADMIN_PASSWORD: given })
    expect(app.administrator).toEqual({ username: 'root-of-all', generatedPassword: null })
    expect(await signIn(app, 'root-of-all', given)).not.toBeNull()
    expect(await signIn(app, 'admin', given)).toBeNull()
  })

  it('creates one administrator if two instances start at the same time on an empty database', async () => {
    const apps = await Promise.all([start(), start(), start()])
    expect(await accounts()).toEqual([{ username: 'admin', is_administrator: true }])
    const created = apps.flatMap(({ administrator }) => administrator ?? [])
    expect(created).toHaveLength(1)
    for (const app of apps) {
      const administrator = await signIn(app, 'admin', created[0]?.generatedPassword ?? '')
      expect(await administrator?.execute(ViewerDocument, {})).toMatchObject({
        viewer: { user: { username: 'admin' } },
      })
    }
  })
})

describe('createAdministrator', () => {
  it('creates one administrator if instances call it at the same time, with the password of the first', async () => {
    await migrateDatabase(databaseUrl)
    const databases = await Promise.all(Array.from({ length: 4 }, () => openDatabase(databaseUrl)))
    try {
      const outcomes = await Promise.all(
        databases.map(({ em }) => createAdministrator(em.fork(), { username: 'admin', password: null }, new Date())),
      )
      const created = outcomes.flatMap((outcome) => outcome ?? [])
      expect(created).toHaveLength(1)
      expect(await accounts()).toEqual([{ username: 'admin', is_administrator: true }])
      expect(await signIn(await start(), 'admin', created[0]?.generatedPassword ?? '')).not.toBeNull()
    } finally {
      await Promise.all(databases.map((database) => database.close()))
    }
  })
})

describe('a later start', () => {
  it('creates no administrator and generates nothing', async () => {
    const { administrator, stop } = await start()
    await stop()
    const app = await start()
    expect(app.administrator).toBeNull()
    expect(await accounts()).toHaveLength(1)
    expect(await signIn(app, 'admin', administrator?.generatedPassword ?? '')).not.toBeNull()
  })

  it('keeps a changed password, and creates nobody with another name', async () => {
    const first = await start({ ADMIN_PASSWORD: given })
    const administrator = await signIn(first, 'admin', given)
    const input = { currentPassword: given, newPassword: 'and changed it later' }
    expect(await administrator?.execute(ChangePasswordDocument, { input })).toEqual({
      changePassword: { userErrors: [] },
    })
    await first.stop()

    const second = await start({ ADMIN_USERNAME: 'another', ADMIN_PASSWORD: given })
    expect(second.administrator).toBeNull()
    expect(await accounts()).toEqual([{ username: 'admin', is_administrator: true }])
    expect(await signIn(second, 'admin', given)).toBeNull()
    expect(await signIn(second, 'another', given)).toBeNull()
    expect(await signIn(second, 'admin', 'and changed it later')).not.toBeNull()
  })
})
