import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ImageEvent } from '../domain/registry-events/image-event.ts'
import { recordImageEvents } from '../domain/registry-events/record-image-events.ts'
import { databaseRetrySeconds, isDatabaseBusy, isDatabaseDown } from '../domain/shared/database-down.ts'
import type { LastUseRecorder } from '../domain/usage/last-use-recorder.ts'
import { parseRegistryEvents } from '../registry/parse-registry-events.ts'
import { readBody } from './read-body.ts'
import { sendUnavailable } from './send-unavailable.ts'

export interface RegistryEventsOptions {
  /** What registries send as `Authorization: Bearer`. */
  readonly secret: string
  readonly lastUses: LastUseRecorder
  readonly startRequestContext: () => { readonly em: EntityManager; readonly now: Date }
  readonly onOutcome: (outcome: EventOutcome, count: number) => void
}

/** What became of a registry's notification. */
export const eventOutcomes = ['recorded', 'repeated', 'ignored', 'malformed', 'failed'] as const
export type EventOutcome = (typeof eventOutcomes)[number]

const bodyLimitBytes = 4 * 1024 * 1024

/**
 * `POST /registry/events`: what a registry tells of pushes, pulls and deletions. A registry sends one notification after the
 * other, and what is not answered with 2xx again and again before any later one. So only what may go better next time is
 * refused: a wrong secret, and a database that is away. A notification of more than 4 MiB is passed over.
 */
export async function registryEventsRoute(app: FastifyInstance, options: RegistryEventsOptions): Promise<void> {
  const expected = digest(`Bearer ${options.secret}`)
  // Whatever it says it is: registries of version 2 and 3 say it differently.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, body: IncomingMessage) => readBody(body, bodyLimitBytes))
  app.post('/registry/events', {
    // For the memory that bodies may take; a longer one is read and not kept.
    bodyLimit: bodyLimitBytes,
    // Before the body is read: who does not know the secret need not send one.
    onRequest: async (request, reply) => {
      if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return
      request.log.info({ ip: request.ip }, 'notifications of a registry were refused: wrong REGISTRY_EVENTS_SECRET')
      return reply.code(401).header('www-authenticate', 'Bearer realm="postern"').send({
        error: 'Send the header `Authorization: Bearer` with REGISTRY_EVENTS_SECRET, as `registry-config` prints it.',
      })
    },
    handler: async (request, reply) => {
      const { events, ignored, malformed } = parseRegistryEvents(typeof request.body === 'string' ? request.body : '')
      options.onOutcome('ignored', ignored)
      options.onOutcome('malformed', malformed)
      if (request.body === null)
        request.log.warn({ bodyLimitBytes }, 'a notification of a registry was too large to be read')
      else if (malformed > 0) request.log.warn({ malformed }, 'notifications of a registry could not be read')
      try {
        return { recorded: await recordAll(events) }
      } catch (error) {
        if (!isDatabaseDown(error) && !isDatabaseBusy(error)) throw error
        return sendUnavailable(
          request,
          reply,
          'The database cannot be reached. Send the same again.',
          databaseRetrySeconds,
        )
      }

      /** All at once; where that fails by one of them, one by one, so that this one holds up no other. */
      async function recordAll(some: readonly ImageEvent[]): Promise<number> {
        try {
          const recorded = await recordImageEvents(options.startRequestContext(), options.lastUses, some)
          options.onOutcome('recorded', recorded)
          options.onOutcome('repeated', some.length - recorded)
          return recorded
        } catch (error) {
          if (isDatabaseDown(error) || isDatabaseBusy(error)) throw error
          if (some.length > 1) {
            let recorded = 0
            for (const each of some) recorded += await recordAll([each])
            return recorded
          }
          request.log.error({ err: error, event: some[0]?.id }, 'a notification of a registry could not be recorded')
          options.onOutcome('failed', some.length)
          return 0
        }
      }
    },
  })
}

/** Of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
