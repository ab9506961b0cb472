import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  CreateOrganizationDocument,
  CreateRepositoryDocument,
  GenerateOrganizationTokenDocument,
  type GenerateOrganizationTokenInput,
  type Plan,
  type RepositoryVisibility,
  SignInDocument,
  SignUpDocument,
} from '../../schema/typed-documents.ts'
import { type App, startApp } from '../../src/app.ts'
import type { Config } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { defaultHourlyRates } from '../../src/domain/model/hourly-rates.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { Client } from './client.ts'
import { createTestDatabase } from './database.ts'

export const adminPassword = 'correct horse battery staple'
/** That of everybody whom `signUp` signs up. */
export const personPassword = 'a password of some length'

/** A Postern in this process, with its own database, reached over HTTP. */
export interface Postern {
  readonly url: string
  readonly config: Config
  /** An entity manager on the same database, for what no mutation can create and to read what was written. */
  readonly em: () => EntityManager
  /** A client that sends this session token or access token; without one, it is anonymous. */
  readonly client: (token?: string) => Client
  readonly signInAsAdministrator: () => Promise<Client>
  /** Creates an account and signs it in. */
  readonly signUp: (username: string) => Promise<Person>
  /** Stops the server and starts it again, with the same database and configuration. */
  readonly restart: () => Promise<void>
  /** Another instance on the same database. */
  readonly startSecondInstance: () => Promise<{
    readonly client: (token?: string) => Client
    readonly url: string
    stop(): Promise<void>
  }>
  stop(): Promise<void>
}

export interface Person {
  readonly username: string
  readonly password: string
  readonly sessionToken: string
  readonly client: Client
}

/** Starts a Postern on a new database. Sign-up is open unless `overrides` say otherwise. */
export async function startPostern(overrides: Partial<Config> = {}): Promise<Postern> {
  const testDatabase = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-data-'))
  const config: Config = {
    port: 0,
    host: '127.0.0.1',
    publicUrl: null,
    databaseUrl: testDatabase.url,
    dataDir,
    registryService: 'registry',
    tokenIssuer: 'postern',
    registryEventsSecret: 'the-secret-of-registries-in-tests',
    tokenBrand: 'pstn',
    secretKey: Buffer.alloc(32, 7),
    allowSignUp: true,
    defaultPlan: 'FREE',
    plans: defaultPlanTable,
    hourlyRates: defaultHourlyRates,
    anonymousPulls: 100,
    grantSeconds: 60,
    trustProxy: [],
    maxConnections: 4096,
    logLevel: 'silent',
    webhookNetworks: 'any',
    mail: null,
    admin: { username: 'admin', password: adminPassword },
    ...overrides,
  }
  let app: App = await startApp(config)
  const database: Database = await openDatabase(testDatabase.url)
  const clientOf = (url: string) => (token?: string) => new Client(url, token)
  const client = (token?: string) => clientOf(app.url)(token)

  return {
    get url() {
      return app.url
    },
    config,
    em: () => database.em.fork(),
    client,
    async signInAsAdministrator() {
      const { signIn } = await client().execute(SignInDocument, {
        input: { username: config.admin.username, password: adminPassword },
      })
      return client(signIn.sessionToken ?? '')
    },
    async signUp(username) {
      const input = { username, password: personPassword, email: `${username}@example.com` }
      const { signUp } = await client().execute(SignUpDocument, { input })
      if (signUp.sessionToken === null || signUp.sessionToken === undefined)
        throw new Error(`${username} could not sign up: ${JSON.stringify(signUp.userErrors)}`)
      return {
        username,
        password: personPassword,
        sessionToken: signUp.sessionToken,
        client: client(signUp.sessionToken),
      }
    },
    async restart() {
      await app.stop()
      app = await startApp(config)
    },
    async startSecondInstance() {
      const second = await startApp(config)
      return { url: second.url, client: clientOf(second.url), stop: second.stop }
    },
    async stop() {
      await app.stop()
      await database.close()
      await testDatabase.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Creates an organization as the administrator, who owns it. */
export async function createOrganization(administrator: Client, name: string, plan: Plan = 'TEAM'): Promise<string> {
  const { createOrganization } = await administrator.execute(CreateOrganizationDocument, { input: { name, plan } })
  if (!createOrganization.organization) throw new Error(JSON.stringify(createOrganization.userErrors))
  return createOrganization.organization.id
}

/** Creates a repository by its full name. */
export async function createRepository(
  owner: Client,
  name: string,
  visibility: RepositoryVisibility = 'PRIVATE',
): Promise<string> {
  const { createRepository } = await owner.execute(CreateRepositoryDocument, { input: { name, visibility } })
  if (!createRepository.repository) throw new Error(JSON.stringify(createRepository.userErrors))
  return createRepository.repository.id
}

/**
 * Generates a token of the organization `acme` that may push to all of its repositories, unless `input` says otherwise.
 */
export async function generateToken(
  owner: Client,
  input: Partial<GenerateOrganizationTokenInput> = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const { generateOrganizationToken: generated } = await owner.execute(GenerateOrganizationTokenDocument, {
    input: {
      organization: 'acme',
      label: 'ci',
      scopes: [{ resource: 'REPOSITORY', path: `${input.organization ?? 'acme'}/*`, permissions: ['IMAGE_PUSH'] }],
      ...input,
    },
  })
  if (!generated.accessToken || !generated.secret) throw new Error(JSON.stringify(generated.userErrors))
  return { id: generated.accessToken.id, secret: generated.secret }
}
