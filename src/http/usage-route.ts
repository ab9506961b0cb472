import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requireInOrganization } from '../domain/account/require-organization.ts'
import { isDatabaseDown } from '../domain/database-down.ts'
import { type DenialCode, Denied, InputRefused } from '../domain/errors.ts'
import { exportUsage, usageColumns } from '../domain/usage/export-usage.ts'
import { parseReportRequest, type ReportRequest, usageDimensions } from '../domain/usage/usage-report.ts'
import { DateTime } from '../graphql/date-time.ts'
import { unavailableError } from '../graphql/format-error.ts'
import { authenticateRequest, type CallOptions } from './authenticate-request.ts'
import { answerTo } from './create-server.ts'
import { sendCsv } from './send-rows.ts'

const statusOf: Readonly<Record<DenialCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  TOO_MANY_REQUESTS: 429,
  SERVICE_UNAVAILABLE: 503,
}

/** `GET /organizations/:name/usage.csv?from=…&to=…&groupBy=…`: all rows of a usage report, for those who may read it. */
export async function usageRoute(app: FastifyInstance, options: CallOptions): Promise<void> {
  // Frontends on other origins; what they ask beforehand is answered as it is for the API.
  app.addHook('onRequest', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = refusalOf(error, request)
    // RFC 9110, section 11.6.1: a 401 names the scheme it wants.
    if (status === 401) void reply.header('www-authenticate', 'Bearer realm="postern"')
    return reply.code(status).header('cache-control', 'no-store').send({ error: message })
  })
  app.get<{ Params: { name: string } }>('/organizations/:name/usage.csv', async (request, reply) => {
    const { em, principal } = await authenticateRequest(request, options)
    const { name } = request.params
    const organization = await requireInOrganization(em, principal, name, ['name'], 'REPORT_READ')
    const report = reportIn(request)
    const fileName = `${organization.name}-usage-${report.firstDay}-${report.lastDay}.csv`
    return sendCsv(reply, fileName, usageColumns, exportUsage(em, organization.id, report))
  })
}

function reportIn(request: FastifyRequest): ReportRequest {
  const { searchParams } = new URL(request.url, 'http://postern')
  const wanted = searchParams.getAll('groupBy')
  const groupBy = wanted.flatMap((each) => usageDimensions.find((dimension) => dimension === each) ?? [])
  if (groupBy.length < wanted.length)
    throw new Denied('BAD_USER_INPUT', `\`groupBy\` takes ${usageDimensions.join(', ')}; repeat it for each.`)
  return parseReportRequest(momentIn(searchParams, 'from'), momentIn(searchParams, 'to'), groupBy)
}

function momentIn(parameters: URLSearchParams, name: string): Date {
  try {
    return DateTime.parseValue(parameters.get(name))
  } catch {
    throw new Denied('BAD_USER_INPUT', `Write \`${name}\` by RFC 3339, for example ${name}=2026-11-01T00:00:00Z.`)
  }
}

function refusalOf(error: unknown, request: FastifyRequest): { readonly status: number; readonly message: string } {
  if (error instanceof Denied) return { status: statusOf[error.code], message: error.message }
  // The organization is all that is looked for.
  if (error instanceof InputRefused) return { status: 404, message: error.message }
  if (!isDatabaseDown(error)) return answerTo(error, request)
  request.log.error({ err: error }, 'fault')
  return { status: 503, message: unavailableError().message }
}
