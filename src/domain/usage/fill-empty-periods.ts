import { dayMs } from '../shared/duration.ts'
import type { ReportQuery, UsageReportRow } from './usage-report-store.ts'

/**
 * The rows of a report by day or month, in their order. Each day or month without a row gets one with 0 pulls and
 * pushes, whose other dimensions are null.
 */
export function fillEmptyPeriods(
  rows: readonly UsageReportRow[],
  { firstDay, lastDay, groupBy }: Pick<ReportQuery, 'firstDay' | 'lastDay' | 'groupBy'>,
): UsageReportRow[] {
  const isByDay = groupBy.includes('DAY')
  const periodOf = ({ day, month }: UsageReportRow) => (isByDay ? day : month)
  const rowsByPeriod = new Map<string | null, UsageReportRow[]>()
  for (const row of rows) {
    const same = rowsByPeriod.get(periodOf(row))
    if (same === undefined) rowsByPeriod.set(periodOf(row), [row])
    else same.push(row)
  }
  const empty = new Map<string | null, UsageReportRow>()
  for (let time = Date.parse(firstDay); time <= Date.parse(lastDay); time += dayMs) {
    const day = new Date(time).toISOString()
    const month = `${day.slice(0, 7)}-01${day.slice(10)}`
    const row = {
      ...nothing,
      day: isByDay ? day : null,
      month: groupBy.includes('MONTH') ? month : null,
    }
    empty.set(periodOf(row), row)
  }
  return [...empty].flatMap(([period, row]) => rowsByPeriod.get(period) ?? [row])
}

const nothing = {
  tokenId: null,
  isOfPerson: false,
  tokenLabel: null,
  userId: null,
  repository: null,
  ipAddress: null,
  pulls: 0,
  pushes: 0,
} as const
