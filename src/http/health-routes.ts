import type { FastifyInstance } from 'fastify'
import { pathOf } from './create-server.ts'
import { sendUnavailable } from './send-unavailable.ts'

/** The phase of the process. While it starts, it listens already, but handles only health checks. */
export type Phase = 'starting' | 'ready' | 'stopping'

export interface HealthOptions {
  readonly version: string
  /** Whether the database is available. */
  readonly checkDatabase: () => Promise<boolean>
  readonly phase: () => Phase
}

const healthPaths = ['/livez', '/readyz', '/version']

/**
 * `GET /version`: the version. `GET /livez`: 200 if the process responds. `GET /readyz`: 503 while the process starts
 * or stops, or has no database. While it starts, all routes that are registered later return 503. While it stops, every
 * response closes its connection.
 */
export function reportHealth(app: FastifyInstance, { version, checkDatabase, phase }: HealthOptions): void {
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/version', async () => ({ version }))
  // Concurrent requests share a check.
  let checking: Promise<boolean> | undefined
  const hasDatabase = () => {
    checking ??= checkDatabase().finally(() => {
      checking = undefined
    })
    return checking
  }
  app.get('/readyz', async (_request, reply) => {
    if (phase() !== 'ready') return reply.code(503).send({ status: phase() })
    if (!(await hasDatabase())) return reply.code(503).send({ status: 'no database' })
    return { status: 'ok' }
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // The client then opens another connection for its next request, to another instance if there is one.
    if (phase() === 'stopping') void reply.header('connection', 'close')
    done()
  })
  app.addHook('onRequest', async (request, reply) => {
    if (phase() === 'starting' && !healthPaths.includes(pathOf(request)))
      return sendUnavailable(request, reply, 'The server is starting. Try again in a second.', 1)
  })
}
