import {
  checkOrganizationPermission,
  requireInOrganization,
  type SeenOrganization,
} from '../account/require-organization.ts'
import { findUsersById } from '../account/user-store.ts'
import type { LongRequestContext, RequestContext } from '../policy/request-context.ts'
import { type ReportRequest, toDay } from './usage-report.ts'
import { listUsageByKey, type UsageReportRow } from './usage-report-store.ts'

const maxRowsPerPage = 10_000

// The columns of every usage report as a file. `user` is a username.
const columns = ['day', 'tokenId', 'tokenLabel', 'user', 'repository', 'ipAddress', 'pulls', 'pushes'] as const

type UsageColumn = (typeof columns)[number] | 'month'

export type ExportedUsage = Readonly<Record<UsageColumn, string | number | null>>

/** The columns of a usage report as a file. Only reports by month have one for it. */
export function usageColumns({ groupBy }: Pick<ReportRequest, 'groupBy'>): readonly UsageColumn[] {
  return groupBy.includes('MONTH') ? [...columns, 'month'] : columns
}

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
  const query = { ...request, organizationId: organization.id, tokenId: null }
  let last: UsageReportRow | null = null
  for (;;) {
    const page: UsageReportRow[] = await listUsageByKey(em, query, last, maxRowsPerPage)
    yield await toExported(em, page)
    if (page.length < maxRowsPerPage) return
    last = page.at(-1) ?? null
    checkOrganizationPermission(await reauthenticate(), organization, 'REPORT_READ')
  }
}

async function toExported(em: RequestContext['em'], page: readonly UsageReportRow[]): Promise<ExportedUsage[]> {
  const ids = [...new Set(page.flatMap(({ userId }) => userId ?? []))]
  const users = ids.length === 0 ? [] : await findUsersById(em, ids)
  const usernames = new Map(users.map((user) => [user.id, user.username]))
  return page.map(({ day, month, tokenId, isOfPerson, userId, ...row }) => ({
    ...row,
    day: day?.slice(0, 10) ?? null,
    month: month?.slice(0, 7) ?? null,
    // Others see only the label of a personal token. Visitors have a pseudonym, and no token that anyone else may know.
    tokenId: isOfPerson || tokenId?.startsWith('tok_') !== true ? null : tokenId,
    user: usernames.get(userId ?? '') ?? null,
  }))
}
