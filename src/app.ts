import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Config, localUrl } from './config.ts'
import { startEmbeddedPostgres } from './database/embedded-postgres.ts'
import { migrateDatabase } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open-database.ts'
import { createAdministrator } from './domain/account/create-administrator.ts'
import { updateSendsMail } from './domain/deployment/deployment-store.ts'
import { openDeployment } from './domain/deployment/open-deployment.ts'
import { Deliverer } from './domain/notice/deliverer.ts'
import { createMailer } from './domain/notice/mailer.ts'
import { type DerivedKeys, deriveKeys } from './domain/secrets/secret-key.ts'
import { createApolloServer } from './graphql/apollo-server.ts'
import { guardSchema } from './graphql/guard-schema.ts'
import { renewPrincipals } from './graphql/renew-principals.ts'
import { returnUserErrors } from './graphql/return-user-errors.ts'
import { buildSchema } from './graphql/schema.ts'
import { basePathOf } from './http/base-path.ts'
import { closeServer, drainServer } from './http/close-server.ts'
import { createServer } from './http/create-server.ts'
import type { Phase } from './http/health-routes.ts'
import { lowerPriorityOfPool } from './http/lower-priority.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { registerRoutes } from './http/register-routes.ts'
import { jobsOf } from './jobs.ts'
import { certificateBundle, generateSigningKey, openSigningKey, type SigningKey } from './registry/signing-key.ts'
import { TokenIssuer } from './registry/token-issuer.ts'
import { startJobs } from './schedule.ts'
import { startServices } from './start-services.ts'
import { StartedParts } from './started-parts.ts'
import { version } from './version.ts'

/** A running Postern. */
export interface App {
  /** The URL on this machine. */
  readonly url: string
  readonly publicUrl: string
  /** The administrator, if this start created one in an empty database. */
  readonly administrator: { readonly username: string; readonly generatedPassword: string | null } | null
  /** Writes a line to the log, at any LOG_LEVEL. */
  readonly log: (fields: object, message: string) => void
  /** Lets clients leave without losing requests: /readyz fails, and every response closes its connection. */
  readonly drain: () => Promise<void>
  /** Waits for requests in progress, writes pending data, and stops the embedded database. */
  readonly stop: () => Promise<void>
}

/** Starts all parts of Postern, in the order of their dependencies. */
export async function startApp(config: Config): Promise<App> {
  const parts = new StartedParts()
  try {
    const metrics = createMetrics(version)
    const basePath = basePathOf(config.publicUrl)
    const server = createServer({ ...config, basePath, onDroppedConnection: metrics.countDropped })
    const logFault = (error: unknown) => server.log.error({ err: error }, 'fault')
    const database = await startDatabase(config, server, parts)
    const keys = deriveKeys(config.secretKey)
    const signingKeys = await openSigningKeys(database, keys)
    const services = startServices(config, keys, database, logFault, parts)
    const apollo = createApolloServer(renewPrincipals(returnUserErrors(guardSchema(buildSchema()))), logFault)
    await apollo.start()

    const url = () => localUrl(config.host, portOf(server) ?? config.port)
    const publicUrl = () => config.publicUrl ?? url()
    let phase: Phase = 'starting'
    await registerRoutes(server, {
      ...services,
      metrics,
      apollo,
      basePath,
      version,
      signingKeys,
      publicUrl,
      phase: () => phase,
      checkDatabase: () => database.isConnected(),
      issuer: new TokenIssuer({
        issuer: config.tokenIssuer,
        service: config.registryService,
        grantSeconds: config.grantSeconds,
        key: signingKeys[0],
      }),
      registryEventsSecret: config.registryEventsSecret,
    })
    await writeRootCertificates(config.dataDir, certificateBundle(signingKeys))
    const background = new StartedParts()
    // The server stops first, so that no requests arrive while the other parts stop.
    parts.add(() => background.stop())
    parts.add(() => closeServer(server))
    await server.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })

    // A generated password is shown only once, so nothing that can fail may follow its creation.
    const administrator = await createAdministrator(database.em.fork(), config.admin, new Date())
    await updateSendsMail(database.em.fork(), config.mail !== null)
    lowerPriorityOfPool()
    startBackground({ ...config, publicUrl: publicUrl() }, keys, database, metrics, server, background)
    phase = 'ready'
    return {
      url: url(),
      publicUrl: publicUrl(),
      administrator: administrator && { username: config.admin.username, ...administrator },
      log: (fields, message) => server.log.child({}, { level: 'info' }).info(fields, message),
      drain: () => {
        phase = 'stopping'
        server.log.info('stopping')
        return drainServer(server)
      },
      stop: () => {
        phase = 'stopping'
        return parts.stop()
      },
    }
  } catch (error) {
    await parts.stop()
    throw error
  }
}

async function startDatabase(config: Config, server: FastifyInstance, parts: StartedParts): Promise<Database> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => server.log.warn(line) })
    parts.add(() => embedded.stop())
    url = embedded.url
  }
  await migrateDatabase(url)
  const database = await openDatabase(url)
  parts.add(() => database.close())
  return database
}

/** The newest signing key, which signs, and the older ones, which registries still accept. */
async function openSigningKeys(database: Database, keys: DerivedKeys): Promise<[SigningKey, ...SigningKey[]]> {
  const records = await openDeployment(database.em.fork(), keys, generateSigningKey, new Date())
  const [newest, ...older] = records.map(openSigningKey)
  if (newest === undefined) throw new TypeError('The deployment was opened without a signing key.')
  return [newest, ...older]
}

function startBackground(
  { plans, webhookNetworks, mail, publicUrl }: Config & { readonly publicUrl: string },
  { encryptionKey }: DerivedKeys,
  { em }: Database,
  { countDelivery }: Metrics,
  { log }: FastifyInstance,
  parts: StartedParts,
): void {
  const startEntityManager = () => em.fork()
  const deliverer = new Deliverer({
    startEntityManager,
    encryptionKey,
    networks: webhookNetworks,
    mailer: mail && createMailer(mail.smtpUrl, mail.from),
    publicUrl,
    onSettled: countDelivery,
    onFault: (error) => log.error({ err: error }, 'fault'),
  })
  const jobs = jobsOf({ startEntityManager, plans, deliverer })
  const endJobs = startJobs(jobs, (job, error) => log.error({ err: error, job }, 'a job failed'))
  parts.add(() => Promise.all([endJobs(), deliverer.stop()]))
}

function portOf(server: FastifyInstance): number | undefined {
  const address = server.addresses()[0]
  return typeof address === 'object' ? address.port : undefined
}

/** The file with the certificates that a registry on this machine trusts, for `registry-config`. */
export function rootCertificatesFile(dataDir: string): string {
  return join(dataDir, 'registry', 'root.crt')
}

async function writeRootCertificates(dataDir: string, bundle: string): Promise<void> {
  await mkdir(join(dataDir, 'registry'), { recursive: true })
  await writeFile(rootCertificatesFile(dataDir), bundle)
}
