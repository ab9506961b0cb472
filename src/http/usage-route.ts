import type { FastifyInstance, FastifyRequest } from 'fastify'
import { usageDimensions } from '../domain/model/usage-tables.ts'
import { Denied } from '../domain/shared/errors.ts'
import { exportUsage, usageColumns } from '../domain/usage/export-usage.ts'
import { parseReportRequest, type ReportRequest } from '../domain/usage/usage-report.ts'
import { DateTime } from '../graphql/date-time.ts'
import { authenticateRequest, type RequestContextSource } from './authenticate-request.ts'
import { prepareExports } from './prepare-exports.ts'
import { sendCsv } from './send-rows.ts'

/** `GET /organizations/:name/usage.csv?from=…&to=…&groupBy=…&bom=1`: all rows of a usage report. */
export async function usageRoute(app: FastifyInstance, source: RequestContextSource): Promise<void> {
  prepareExports(app)
  // For a HEAD request, Fastify would read the whole export.
  const options = { exposeHeadRoute: false }
  app.get<{ Params: { name: string } }>('/organizations/:name/usage.csv', options, async (request, reply) => {
    const context = await authenticateRequest(request, source)
    const { name } = request.params
    const report = reportIn(request)
    const pages = await exportUsage(context, name, report)
    const fileName = `${name}-usage-${report.firstDay}-${report.lastDay}.csv`
    return sendCsv(reply, fileName, usageColumns(report), pages, { bom: bomIn(request) })
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

function bomIn(request: FastifyRequest): boolean {
  const given = new URL(request.url, 'http://postern').searchParams.getAll('bom')
  if (given.some((value) => value !== '1'))
    throw new Denied('BAD_USER_INPUT', 'Write `bom=1` for a byte order mark, or leave it out.')
  return given.length > 0
}

function momentIn(parameters: URLSearchParams, name: string): Date {
  try {
    return DateTime.parseValue(parameters.get(name))
  } catch {
    throw new Denied(
      'BAD_USER_INPUT',
      `Write \`${name}\` in the format of RFC 3339, for example ${name}=2026-11-01T00:00:00Z.`,
    )
  }
}
