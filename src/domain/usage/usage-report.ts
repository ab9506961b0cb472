import {
  checkOrganizationPermission,
  requireInOrganization,
  type SeenOrganization,
} from '../account/require-organization.ts'
import { findUsersById } from '../account/user-store.ts'
import { type UsageDimension, usageDimensions } from '../model/usage-tables.ts'
import type { LongRequestContext, RequestContext } from '../policy/request-context.ts'
import { dayMs } from '../shared/duration.ts'
import { Denied } from '../shared/errors.ts'
import { listUsageByKey, listUsageByPulls, type ReportQuery, type UsageReportRow } from './usage-report-store.ts'

const maxDays = 366
const maxRows = 10_000

/** The days (UTC) of a report, and what it groups by. */
export type ReportRequest = Omit<ReportQuery, 'organizationId'>

/**
 * A report of all days that overlap the time from `from` to before `to`. Throws `Denied` (BAD_USER_INPUT) for no days,
 * for more than 366 times 24 hours, for no dimension, and for one that is repeated.
 */
export function parseReportRequest(from: Date, to: Date, groupBy: readonly UsageDimension[]): ReportRequest {
  const length = to.getTime() - from.getTime()
  if (length <= 0) throw badInput('`to` comes after `from`: it is the first moment that is no longer in the report.')
  if (length > maxDays * dayMs) throw badInput(`A report takes ${maxDays} days at most. Ask for a year at a time.`)
  if (groupBy.length === 0) throw badInput(`Name at least one of ${usageDimensions.join(', ')} in \`groupBy\`.`)
  if (new Set(groupBy).size < groupBy.length) throw badInput('Name each dimension in `groupBy` once.')
  return {
    firstDay: toDay(from),
    lastDay: toDay(new Date(to.getTime() - 1)),
    groupBy: usageDimensions.filter((dimension) => groupBy.includes(dimension)),
  }
}

/**
 * The usage of an organization's repositories by day, then with the most pulls first. Throws `Denied` (FORBIDDEN, and
 * BAD_USER_INPUT for more than 10,000 rows).
 */
export async function findUsageReport(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  organization: SeenOrganization,
  request: ReportRequest,
): Promise<UsageReportRow[]> {
  checkOrganizationPermission(principal, organization, 'REPORT_READ')
  const rows = await listUsageByPulls(em, { ...request, organizationId: organization.id }, maxRows + 1)
  if (rows.length > maxRows)
    throw badInput(
      `This report has more than ${maxRows.toLocaleString('en')} rows. ` +
        'Ask for fewer days, group by less, or take it as CSV.',
    )
  return rows
}

/** The columns of a usage report as a file. `user` is a username. */
export const usageColumns = [
  'day',
  'tokenId',
  'tokenLabel',
  'user',
  'repository',
  'ipAddress',
  'pulls',
  'pushes',
] as const

export type ExportedUsage = Readonly<Record<(typeof usageColumns)[number], string | number | null>>

/**
 * All rows of a usage report for a file, up to the day of the request, page by page, in the order of its dimensions.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND). So do the pages, if the caller has lost
 * the right to read them.
 */
export async function exportUsage(
  context: LongRequestContext,
  organizationName: string,
  request: ReportRequest,
): Promise<AsyncGenerator<readonly ExportedUsage[]>> {
  const { em, principal, now } = context
  const organization = await requireInOrganization(em, principal, organizationName, ['name'], 'REPORT_READ')
  const today = toDay(now)
  const lastDay = request.lastDay < today ? request.lastDay : today
  return exportPages(context, organization, { ...request, lastDay })
}

async function* exportPages(
  { em, reauthenticate }: LongRequestContext,
  organization: SeenOrganization,
  request: ReportRequest,
): AsyncGenerator<readonly ExportedUsage[]> {
  const query = { ...request, organizationId: organization.id }
  let last: UsageReportRow | null = null
  for (;;) {
    const page: UsageReportRow[] = await listUsageByKey(em, query, last, maxRows)
    yield await toExported(em, page)
    if (page.length < maxRows) return
    last = page.at(-1) ?? null
    checkOrganizationPermission(await reauthenticate(), organization, 'REPORT_READ')
  }
}

/** The day (UTC) of a moment. */
function toDay(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

async function toExported(em: RequestContext['em'], page: readonly UsageReportRow[]): Promise<ExportedUsage[]> {
  const ids = [...new Set(page.flatMap(({ userId }) => userId ?? []))]
  const users = ids.length === 0 ? [] : await findUsersById(em, ids)
  const usernames = new Map(users.map((user) => [user.id, user.username]))
  return page.map(({ day, tokenId, isOfPerson, userId, ...row }) => ({
    ...row,
    day: day?.slice(0, 10) ?? null,
    // Others see only the label of a personal token. Visitors have a pseudonym, and no token that anyone else may know.
    tokenId: isOfPerson || tokenId?.startsWith('tok_') !== true ? null : tokenId,
    user: usernames.get(userId ?? '') ?? null,
  }))
}

function badInput(message: string): Denied {
  return new Denied('BAD_USER_INPUT', message)
}
