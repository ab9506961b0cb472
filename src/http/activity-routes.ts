import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ExportedEvent } from '../domain/activity/activity-event-store.ts'
import type { ActivityFilter } from '../domain/activity/activity-filter.ts'
import { exportActivity } from '../domain/activity/export-activity.ts'
import { Denied } from '../domain/shared/errors.ts'
import { DateTime } from '../graphql/date-time.ts'
import { authenticateRequest, type RequestContextSource } from './authenticate-request.ts'
import { prepareExports } from './prepare-exports.ts'
import { type Cell, type RowPages, sendCsv, sendJsonLines } from './send-rows.ts'

/**
 * `GET /organizations/NAME/activity.jsonl` and `activity.csv`: all activity events of an organization that meet a
 * filter. The parameters are the fields of the GraphQL filter; `actions` is repeated for each action. `bom=1` adds a
 * byte order mark to the CSV file.
 */
export async function activityRoutes(app: FastifyInstance, source: RequestContextSource): Promise<void> {
  prepareExports(app)
  const startExport = async (
    request: FastifyRequest<{ Params: { name: string } }>,
    allowed: typeof parameters | typeof csvParameters,
  ) => {
    const context = await authenticateRequest(request, source)
    const { bom, ...filter } = parseParameters(request.query, allowed)
    return { bom: bom !== undefined, pages: await exportActivity(context, request.params.name, filter) }
  }
  // For a HEAD request, Fastify would read the whole export.
  const options = { exposeHeadRoute: false }
  app.get<{ Params: { name: string } }>('/organizations/:name/activity.jsonl', options, async (request, reply) => {
    const { pages } = await startExport(request, parameters)
    return sendJsonLines(reply, `${request.params.name}-activity.jsonl`, mapPages(pages, toObject))
  })
  app.get<{ Params: { name: string } }>('/organizations/:name/activity.csv', options, async (request, reply) => {
    const { pages, bom } = await startExport(request, csvParameters)
    return sendCsv(reply, `${request.params.name}-activity.csv`, columns, mapPages(pages, toCells), { bom })
  })
}

const one = z.string('is given once')
const moment = one.transform((text, context) => {
  try {
    return DateTime.parseValue(text)
  } catch {
    context.addIssue('is a time by RFC 3339, such as 2026-11-22T07:13:27Z, with a + written as %2B')
    return z.NEVER
  }
})
const parameters = z.strictObject({
  actions: z.union([one.transform((action) => [action]), z.array(z.string())]).optional(),
  actor: one.optional(),
  token: one.optional(),
  repository: one.optional(),
  from: moment.optional(),
  to: moment.optional(),
})

const csvParameters = parameters.extend({ bom: z.literal('1', 'is 1 or left out').optional() })

function parseParameters(
  query: unknown,
  allowed: typeof parameters | typeof csvParameters,
): ActivityFilter & { readonly bom?: '1' | undefined } {
  const { data, error } = allowed.safeParse(query)
  if (data !== undefined) return data
  const faults = error.issues.map(({ path, message }) => `\`${path.join('.')}\` ${message}`)
  throw new Denied(
    'BAD_USER_INPUT',
    error.issues.some(({ code }) => code === 'unrecognized_keys')
      ? `The parameters are ${Object.keys(allowed.shape).join(', ')}, and no others.`
      : `${faults.join('; ')}.`,
  )
}

async function* mapPages<From, To>(pages: AsyncIterable<readonly From[]>, convert: (row: From) => To): RowPages<To> {
  for await (const page of pages) yield page.map(convert)
}

function toObject(event: ExportedEvent): object {
  const { id, at, action, actorKind, actorName, ...rest } = toCells(event)
  return { id, at, action, actor: { kind: actorKind, name: actorName }, ...rest, data: event.data }
}

const columns = [
  'id',
  'at',
  'action',
  'actorKind',
  'actorName',
  'tokenId',
  'tokenLabel',
  'target',
  'ipAddress',
  'userAgent',
  'requestId',
  'data',
] as const

function toCells({
  actorId: _actor,
  organizationId: _organization,
  ...event
}: ExportedEvent): Record<(typeof columns)[number], Cell> {
  // As in GraphQL, only the label of another person's personal token is visible.
  const tokenId = event.actorKind === 'PERSONAL_TOKEN' ? null : event.tokenId
  return { ...event, tokenId, data: JSON.stringify(event.data) }
}
