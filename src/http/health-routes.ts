import type { FastifyInstance } from 'fastify'
import { pathOf } from './create-server.ts'
import { sendUnavailable } from './send-unavailable.ts'

/** Where the process stands. While it starts, it listens already and does nothing yet. */
export type Phase = 'starting' | 'ready' | 'stopping'

export interface HealthOptions {
  readonly version: string
  /** Whether the database answers. */
  readonly checkDatabase: () => Promise<boolean>
  readonly phase: () => Phase
}

const healthPaths = ['/livez', '/readyz', '/version']

/**
 * `GET /version`: the version. `GET /livez`: the process answers. `GET /readyz`: it can do its work; 503 while it starts or
 * stops, or has no database. Every other route that is registered after answers 503 while the process starts. While it stops,
 * every answer closes its connection.
 */
export function reportHealth(app: FastifyInstance, { version, checkDatabase, phase }: HealthOptions): void {
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/version', async () => ({ version }))
  app.get('/readyz', async (_request, reply) => {
    if (phase() !== 'ready') return reply.code(503).send({ status: phase() })
    if (!(await checkDatabase())) return reply.code(503).send({ status: 'no database' })
    return { status: 'ok' }
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A client then takes another connection for its next request, to another instance where there is one.
    if (phase() === 'stopping') void reply.header('connection', 'close')
    done()
  })
  app.addHook('onRequest', async (request, reply) => {
    if (phase() === 'starting' && !healthPaths.includes(pathOf(request)))
      return sendUnavailable(request, reply, 'The server is starting. Try again in a second.', 1)
  })
}
