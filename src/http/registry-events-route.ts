import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ImageEvent } from '../domain/model/registry-event.ts'
import { recordImageEvents } from '../domain/registry-events/record-image-events.ts'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../domain/shared/database-down.ts'
import type { LastUseRecorder } from '../domain/usage/last-use-recorder.ts'
import { parseRegistryEvents } from '../registry/parse-registry-events.ts'
import { holdResponse } from './hold-denied.ts'
import { readBody } from './read-body.ts'
import { sendUnavailable } from './send-unavailable.ts'
import { leavePlace } from './share-by-network.ts'

export interface RegistryEventsOptions {
  /** The secret that registries send as `Authorization: Bearer`. */
  readonly secret: string
  readonly lastUses: LastUseRecorder
  readonly startRequestContext: () => Parameters<typeof recordImageEvents>[0]
  readonly onOutcome: (outcome: EventOutcome, count: number) => void
}

/** The outcome of an event that a registry reported. */
export const eventOutcomes = ['recorded', 'repeated', 'ignored', 'malformed', 'failed'] as const
export type EventOutcome = (typeof eventOutcomes)[number]

const bodyLimitBytes = 4 * 1024 * 1024

/**
 * `POST /registry/events`: registries report pushes, pulls and deletions. A registry sends one report after the other,
 * and retries each until the status is 2xx. So a report only fails if a retry can succeed: with a wrong secret, or
 * without the database. A report of more than 4 MiB is ignored.
 */
export async function registryEventsRoute(app: FastifyInstance, options: RegistryEventsOptions): Promise<void> {
  const expected = digest(`Bearer ${options.secret}`)
  const logRejected = rejectionLog()
  // Any content type is accepted, because those of registries of versions 2 and 3 differ.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, body: IncomingMessage) => readBody(body, bodyLimitBytes))
  app.post('/registry/events', {
    // For the bound of memory. A longer body is read, but not kept.
    bodyLimit: bodyLimitBytes,
    // Before the body is read, because a client without the secret cannot report anything.
    onRequest: async (request, reply) => {
      if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return
      logRejected(request)
      leavePlace(request)
      await holdResponse()
      return reply.code(401).header('www-authenticate', 'Bearer realm="postern"').send({
        error: 'Send the header `Authorization: Bearer` with REGISTRY_EVENTS_SECRET, as `registry-config` prints it.',
      })
    },
    handler: async (request, reply) => {
      const { events, ignored, malformed } = parseRegistryEvents(typeof request.body === 'string' ? request.body : '')
      options.onOutcome('ignored', ignored)
      options.onOutcome('malformed', malformed)
      if (request.body === null) request.log.warn({ bodyLimitBytes }, 'a report of a registry was too large')
      else if (malformed > 0) request.log.warn({ malformed }, 'events of a registry could not be read')
      try {
        return { recorded: await recordAll(events) }
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error
        return sendUnavailable(
          request,
          reply,
          'The database is unavailable. Send the same report again.',
          databaseRetrySeconds,
        )
      }

      /**
       * Records all events together. If that fails, records them one by one, so that one event does not block others.
       */
      async function recordAll(some: readonly ImageEvent[]): Promise<number> {
        try {
          const recorded = await recordImageEvents(options.startRequestContext(), options.lastUses, some)
          options.onOutcome('recorded', recorded)
          options.onOutcome('repeated', some.length - recorded)
          return recorded
        } catch (error) {
          if (isDatabaseUnavailable(error)) throw error
          if (some.length > 1) {
            let recorded = 0
            for (const each of some) recorded += await recordAll([each])
            return recorded
          }
          request.log.error({ err: error, event: some[0]?.id }, 'an event of a registry could not be recorded')
          options.onOutcome('failed', some.length)
          return 0
        }
      }
    },
  })
}

/** Logs rejected reports, a line per ten seconds at most, because anybody can cause them. */
function rejectionLog(): (request: FastifyRequest) => void {
  const intervalMs = 10_000
  let notBefore = 0
  let rejected = 0
  return ({ log, ip }) => {
    rejected++
    if (performance.now() < notBefore) return
    log.info({ ip, rejected }, 'a report of a registry was rejected: wrong REGISTRY_EVENTS_SECRET')
    notBefore = performance.now() + intervalMs
    rejected = 0
  }
}

/** A digest, so that both sides of the comparison have the same length. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
