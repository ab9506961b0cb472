import type { FastifyInstance } from 'fastify'

export interface HealthRoutesOptions {
  /** Whether the database answers. */
  readonly checkDatabase: () => Promise<boolean>
  readonly isStopping: () => boolean
}

/** `GET /livez`: the process answers. `GET /readyz`: it can do its work; 503 while it stops or has no database. */
export async function healthRoutes(app: FastifyInstance, options: HealthRoutesOptions): Promise<void> {
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    if (options.isStopping()) return reply.code(503).send({ status: 'stopping' })
    if (!(await options.checkDatabase())) return reply.code(503).send({ status: 'no database' })
    return { status: 'ok' }
  })
}
