import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import { type UsageDimension, usageDimensions } from '../model/usage-tables.ts'
import type { OrganizationTokenPrincipal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { tokenLacks } from '../policy/require.ts'
import { mayReadItself } from '../policy/token-policy.ts'
import { dayMs } from '../shared/duration.ts'
import { Denied } from '../shared/errors.ts'
import { fillEmptyPeriods } from './fill-empty-periods.ts'
import {
  listUsageByPulls,
  type ReportQuery,
  sumUsage,
  type UsageQuery,
  type UsageReportRow,
  type UsageTotals,
} from './usage-report-store.ts'

const maxDays = 366
const maxRows = 10_000

/** The days (UTC) of a report. */
export type UsagePeriod = Omit<UsageQuery, 'organizationId' | 'tokenId'>

/** The days (UTC) of a report, and what it groups by. */
export type ReportRequest = UsagePeriod & Pick<ReportQuery, 'groupBy'>

/** A report that can have rows for days or months without usage. */
export type FilledReportRequest = ReportRequest & { readonly fillEmpty: boolean }

/**
 * All days that overlap the time from `from` to before `to`. Throws `Denied` (BAD_USER_INPUT) for no days, and for more
 * than 366 times 24 hours.
 */
export function parsePeriod(from: Date, to: Date): UsagePeriod {
  const length = to.getTime() - from.getTime()
  if (length <= 0) throw badInput('`to` comes after `from`: it is the first moment that is no longer in the report.')
  if (length > maxDays * dayMs) throw badInput(`A report takes ${maxDays} days at most. Ask for a year at a time.`)
  return { firstDay: toDay(from), lastDay: toDay(new Date(to.getTime() - 1)) }
}

/** As `parsePeriod`, with dimensions. Throws `Denied` (BAD_USER_INPUT) also if there is no dimension or one twice. */
export function parseReportRequest(from: Date, to: Date, groupBy: readonly UsageDimension[]): ReportRequest {
  const period = parsePeriod(from, to)
  if (groupBy.length === 0) throw badInput(`Name at least one of ${usageDimensions.join(', ')} in \`groupBy\`.`)
  if (new Set(groupBy).size < groupBy.length) throw badInput('Name each dimension in `groupBy` once.')
  return { ...period, groupBy: usageDimensions.filter((dimension) => groupBy.includes(dimension)) }
}

/** As `parseReportRequest`. Throws `Denied` (BAD_USER_INPUT) also for filling a report without days and months. */
export function parseFilledReportRequest(
  from: Date,
  to: Date,
  groupBy: readonly UsageDimension[],
  fillEmpty: boolean,
): FilledReportRequest {
  const request = parseReportRequest(from, to, groupBy)
  if (fillEmpty && !groupBy.includes('DAY') && !groupBy.includes('MONTH'))
    throw badInput('`fillEmpty` is for reports by DAY or MONTH. Add one of them to `groupBy`, or leave it out.')
  return { ...request, fillEmpty }
}

/**
 * The usage of an organization's repositories by day and month, then with the most pulls first. Throws `Denied`
 * (FORBIDDEN, and BAD_USER_INPUT for more than 10,000 rows).
 */
export async function findUsageReport(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  organization: SeenOrganization,
  request: FilledReportRequest,
): Promise<UsageReportRow[]> {
  checkOrganizationPermission(principal, organization, 'REPORT_READ')
  return listReport(em, { ...request, organizationId: organization.id, tokenId: null })
}

/** The same by the organization token of the request alone. Throws `Denied`. */
export async function findOwnUsage(
  em: RequestContext['em'],
  principal: OrganizationTokenPrincipal,
  request: FilledReportRequest,
): Promise<UsageReportRow[]> {
  if (!mayReadItself(principal)) throw tokenLacks('TOKEN_READ')
  return listReport(em, { ...request, organizationId: principal.organization.id, tokenId: principal.token.id })
}

/** All pulls and pushes of an organization's repositories in a time. Throws `Denied` (FORBIDDEN). */
export async function findUsageTotals(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  organization: SeenOrganization,
  period: UsagePeriod,
): Promise<UsageTotals> {
  checkOrganizationPermission(principal, organization, 'REPORT_READ')
  return sumUsage(em, { ...period, organizationId: organization.id, tokenId: null })
}

async function listReport(
  em: RequestContext['em'],
  query: ReportQuery & FilledReportRequest,
): Promise<UsageReportRow[]> {
  const rows = await listUsageByPulls(em, query, maxRows + 1)
  if (rows.length > maxRows)
    throw badInput(
      `This report has more than ${maxRows.toLocaleString('en')} rows. ` +
        'Ask for fewer days, group by less, or take it as CSV.',
    )
  return query.fillEmpty ? fillEmptyPeriods(rows, query) : rows
}

/** The day (UTC) of a moment. */
export function toDay(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

function badInput(message: string): Denied {
  return new Denied('BAD_USER_INPUT', message)
}
