import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Config, localUrl } from './config.ts'
import { startEmbeddedPostgres } from './database/embedded-postgres.ts'
import { migrateDatabase } from './database/migrate.ts'
import { type Database, openDatabase } from './database/open-database.ts'
import { createAdministrator } from './domain/account/create-administrator.ts'
import { openDeployment } from './domain/deployment/open-deployment.ts'
import { FailureStore } from './domain/guess/failure-store.ts'
import { GuessBrake } from './domain/guess/guess-brake.ts'
import { Deliverer } from './domain/notice/deliverer.ts'
import { createMailer } from './domain/notice/mailer.ts'
import { recordMailSetting } from './domain/notice/record-mail-setting.ts'
import { RefusalRecorder } from './domain/refusal/refusal-recorder.ts'
import { createLookups } from './domain/registry-access/lookups.ts'
import { deriveKeys } from './domain/secrets/secret-key.ts'
import { LastUseRecorder } from './domain/usage/last-use-recorder.ts'
import { createApolloServer } from './graphql/apollo-server.ts'
import { guardSchema } from './graphql/guard-schema.ts'
import { buildSchema } from './graphql/schema.ts'
import { activityRoutes } from './http/activity-routes.ts'
import { boundMemory } from './http/bound-memory.ts'
import { closeServer, drainServer } from './http/close-server.ts'
import { createServer } from './http/create-server.ts'
import { loadOperations } from './http/graphiql/load-operations.ts'
import { registerGraphiql } from './http/graphiql/register-graphiql.ts'
import { graphqlRoute } from './http/graphql-route.ts'
import { type Phase, reportHealth } from './http/health-routes.ts'
import { lowerPriorityOfPool } from './http/lower-priority.ts'
import { createMetrics, measureRequests } from './http/metrics.ts'
import { registryEventsRoute } from './http/registry-events-route.ts'
import { registryRoutes } from './http/registry-routes.ts'
import { shareByNetwork } from './http/share-by-network.ts'
import { shedLoad } from './http/shed-load.ts'
import { usageRoute } from './http/usage-route.ts'
import { jobsOf } from './jobs.ts'
import { certificateBundle, generateSigningKey, openSigningKey } from './registry/signing-key.ts'
import { TokenIssuer } from './registry/token-issuer.ts'
import { startJobs } from './schedule.ts'
import { version } from './version.ts'

/** A running Postern. */
export interface App {
  /** What it answers to on this machine. */
  readonly url: string
  readonly publicUrl: string
  /** Set at the first start on an empty database. */
  readonly administrator: { readonly username: string; readonly generatedPassword: string | null } | null
  /** Writes a line to the log, at any LOG_LEVEL. */
  readonly log: (fields: object, message: string) => void
  /** Has clients leave without losing a request: /readyz fails, and every answer closes its connection. */
  readonly drain: () => Promise<void>
  /** Lets what is in flight end, writes what is pending, and stops the embedded database. */
  readonly stop: () => Promise<void>
}

const flushIntervalMs = 1_000

/** Starts everything that a Postern is, in the order in which the parts need each other. */
export async function startApp(config: Config): Promise<App> {
  const metrics = createMetrics(version)
  const server = createServer({ ...config, onDroppedConnection: metrics.countDropped })
  // What has to be ended again, the newest first.
  const started: Array<() => Promise<void>> = []
  const stop = once(async () => {
    for (const end of started.reverse()) await end()
  })
  try {
    const database = await startDatabase(config, server, started)
    const keys = deriveKeys(config.secretKey)
    const now = new Date()
    const signingKeys = (await openDeployment(database.em.fork(), keys, generateSigningKey, now)).map(openSigningKey)
    const [signingKey] = signingKeys
    if (signingKey === undefined) throw new TypeError('The deployment was opened without a signing key.')

    const logFault = (error: unknown) => server.log.error({ err: error }, 'fault')
    const lastUses = new LastUseRecorder(database.em.fork(), flushIntervalMs, logFault)
    started.push(() => lastUses.flush().catch(logFault))
    const refusals = new RefusalRecorder(database.em.fork(), flushIntervalMs, logFault)
    started.push(() => refusals.flush().catch(logFault))
    const { plans, defaultPlan, allowSignUp, tokenBrand, anonymousPulls } = config
    const { tokenHashKey, encryptionKey } = keys
    const settings = { plans, defaultPlan, allowSignUp, tokenBrand, anonymousPulls, tokenHashKey, encryptionKey }
    const guesses = new GuessBrake(new FailureStore(database.em.fork(), tokenHashKey, logFault), flushIntervalMs)
    started.push(() => guesses.flush())
    const startRequestContext = () => ({ em: database.em.fork(), now: new Date(), settings, refusals, guesses })
    // The registry's door only looks things up, which all its requests do together; what it writes, rarely, is on a fork.
    const em = database.em.fork()
    const lookups = createLookups(em)
    const startRegistryContext = () => ({ em, lookups, now: new Date(), settings, refusals, guesses })

    const apollo = createApolloServer(guardSchema(buildSchema()), logFault)
    await apollo.start()
    let phase: Phase = 'starting'
    measureRequests(server, metrics)
    shedLoad(server, metrics.countShed)
    boundMemory(server, { onDropped: metrics.countDropped, onRejectedBody: metrics.countRejectedBody })
    shareByNetwork(server)
    reportHealth(server, { version, checkDatabase: () => database.isConnected(), phase: () => phase })
    await registerGraphiql(server, { operations: await loadOperations() })
    await server.register(graphqlRoute, { apollo, lastUses, startRequestContext })
    await server.register(activityRoutes, { lastUses, startRequestContext })
    await server.register(usageRoute, { lastUses, startRequestContext })
    await server.register(registryRoutes, {
      issuer: new TokenIssuer(config.tokenIssuer, config.registryService, signingKey),
      lastUses,
      signingKeys,
      startRequestContext: startRegistryContext,
      onOutcome: metrics.countTokenRequest,
    })
    await server.register(registryEventsRoute, {
      secret: config.registryEventsSecret,
      lastUses,
      startRequestContext: () => ({ em, now: new Date() }),
      onOutcome: metrics.countRegistryEvents,
    })
    await keepRootCertificates(config.dataDir, certificateBundle(signingKeys))
    // Ended after the server, which is to let nobody in meanwhile.
    let endBackground = async (): Promise<unknown> => undefined
    started.push(async () => void (await endBackground()))
    started.push(() => closeServer(server))
    await server.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })

    // Only now: a generated password is shown once, so nothing that can fail may come after it was made.
    const administrator = await createAdministrator(database.em.fork(), config.admin, now)
    const url = localUrl(config.host, portOf(server) ?? config.port)
    const publicUrl = config.publicUrl ?? url
    await recordMailSetting(database.em.fork(), config.mail !== null)
    const deliverer = new Deliverer({
      startEntityManager: () => database.em.fork(),
      encryptionKey,
      networks: config.webhookNetworks,
      mailer: config.mail && createMailer(config.mail.smtpUrl, config.mail.from),
      publicUrl,
      onSettled: metrics.countDelivery,
      onFault: logFault,
    })
    lowerPriorityOfPool()
    const jobs = jobsOf({ startEntityManager: () => database.em.fork(), plans, deliverer })
    const endJobs = startJobs(jobs, (job, error) => server.log.error({ err: error, job }, 'a job failed'))
    endBackground = () => Promise.all([endJobs(), deliverer.stop()])
    phase = 'ready'
    return {
      url,
      publicUrl,
      administrator: administrator && { username: config.admin.username, ...administrator },
      log: (fields, message) => server.log.child({}, { level: 'info' }).info(fields, message),
      drain: () => {
        phase = 'stopping'
        server.log.info('stopping')
        return drainServer(server)
      },
      stop: () => {
        phase = 'stopping'
        return stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startDatabase(
  config: Config,
  server: FastifyInstance,
  started: Array<() => Promise<void>>,
): Promise<Database> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => server.log.warn(line) })
    started.push(() => embedded.stop())
    url = embedded.url
  }
  await migrateDatabase(url)
  const database = await openDatabase(url)
  started.push(() => database.close())
  return database
}

function portOf(server: FastifyInstance): number | undefined {
  const address = server.addresses()[0]
  return typeof address === 'object' ? address.port : undefined
}

/** Where `registry-config` finds the certificates that a registry on this machine trusts. */
export function rootCertificatesFile(dataDir: string): string {
  return join(dataDir, 'registry', 'root.crt')
}

async function keepRootCertificates(dataDir: string, bundle: string): Promise<void> {
  await mkdir(join(dataDir, 'registry'), { recursive: true })
  await writeFile(rootCertificatesFile(dataDir), bundle)
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
