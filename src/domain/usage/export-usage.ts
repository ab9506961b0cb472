import type { EntityManager } from '@mikro-orm/postgresql'
import { findUsersById } from '../account/user-store.ts'
import { type ReportRequest, readUsageReport } from './usage-report.ts'

/** The columns of a usage report as a file: the person by name, and the token by its id. */
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

/** All rows of a usage report for a file, a page at a time. Whether the caller may read it is decided before. */
export async function* exportUsage(
  em: EntityManager,
  organizationId: string,
  request: ReportRequest,
): AsyncGenerator<readonly ExportedUsage[]> {
  for await (const page of readUsageReport(em, organizationId, request)) {
    const ids = [...new Set(page.flatMap(({ userId }) => userId ?? []))]
    const users = new Map(
      ids.length === 0 ? [] : (await findUsersById(em, ids)).map((user) => [user.id, user.username]),
    )
    yield page.map(({ day, tokenId, isOfPerson, userId, ...row }) => ({
      ...row,
      day: day?.slice(0, 10) ?? null,
      // Nobody is told of the personal token of another, but for its label.
      tokenId: isOfPerson ? null : tokenId,
      user: users.get(userId ?? '') ?? null,
    }))
  }
}
