import type { EntityManager } from '@mikro-orm/postgresql'
import { type Announcement, announce } from '../journal/announce.ts'
import type { PlanTable } from '../model/plan.ts'
import { notificationLevels } from '../model/usage-tables.ts'
import { bestPullLimit, pullLimitOf, usageWindowAt } from './usage-limit.ts'
import {
  type DueWindow,
  findAnyDueWindow,
  lockDueWindows,
  maxDueWindows,
  updateAnnouncedWindows,
} from './usage-window-store.ts'

/**
 * Announces once per window that 80 % or 100 % of a pull limit is used. The statement that counts flags the window, so
 * no notification is lost when a process ends, and no request waits for one.
 */
export async function announceLimits(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  // Usually no window is due. Then no transaction begins.
  let announced = (await findAnyDueWindow(em)) ? maxDueWindows : 0
  while (announced === maxDueWindows)
    announced = await em.fork().transactional((each) => announceSome(each, plans, now))
}

async function announceSome(em: EntityManager, plans: PlanTable, now: Date): Promise<number> {
  const due = await lockDueWindows(em, now)
  if (due.length === 0) return 0
  const windows = due.map((window) => {
    const limit = limitOf(window, plans)
    // After the window has ended, its limit concerns nobody.
    const isOver = usageWindowAt(new Date(window.startsAt)).endsAt <= now
    return { ...window, limit, reached: isOver ? 0 : levelOf(window.used, limit) }
  })
  await announce(
    em,
    windows.flatMap((window) =>
      notificationLevels
        .filter((level) => level > window.notifiedPercent && level <= window.reached)
        .map((level) => toAnnouncement(window, level, now)),
    ),
  )
  await updateAnnouncedWindows(
    em,
    windows.map(({ namespaceId, subjectId, startsAt, limit, notifiedPercent, reached }) => ({
      namespace_id: namespaceId,
      subject_id: subjectId,
      starts_at: startsAt,
      pull_limit: limit,
      notified_percent: Math.max(notifiedPercent, reached),
    })),
  )
  return due.length
}

function limitOf({ plan, pullLimit, memberPlans }: DueWindow, plans: PlanTable): number | null {
  return plan === null ? bestPullLimit(memberPlans, plans) : pullLimitOf(pullLimit, plans[plan])
}

// The same rule as `notificationLevel` in SQL.
function levelOf(used: number, limit: number | null): number {
  if (limit === null) return 0
  return notificationLevels.findLast((level) => used * 100 >= limit * level) ?? 0
}

function toAnnouncement(window: DueWindow & { readonly limit: number | null }, level: number, now: Date): Announcement {
  const { namespaceId, subjectId, startsAt, used, limit, label } = window
  const { endsAt } = usageWindowAt(new Date(startsAt))
  return {
    kind: level === 100 ? 'USAGE_LIMIT_REACHED' : 'USAGE_LIMIT_NEAR',
    namespaceId,
    at: now,
    token: label === null ? null : { id: subjectId, label },
    data: { limit: limit ?? 0, used, resetsAt: endsAt.toISOString() },
    occasion: `usage:${subjectId}:${startsAt}:${level}`,
  }
}
