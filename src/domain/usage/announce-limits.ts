import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { type Announcement, announce } from '../journal/announce.ts'
import type { Plan, PlanTable } from '../model/plan.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { hasRecentReports, usedPulls, windowSlots } from '../sql/pull-ledger.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { bestPullLimit, pullLimitOf, reportsSince, usageWindowAt } from './usage-limit.ts'

/** A window of which the statements that count have found that a notice may be due. */
interface DueWindow {
  readonly namespaceId: string
  readonly subjectId: string
  readonly startsAt: Timestamp
  readonly used: number
  readonly notifiedPercent: number
  /** The label, limit and plan of an organization's token; null for a person. */
  readonly label: string | null
  readonly pullLimit: number | null
  readonly plan: Plan | null
  /** Of the organizations that the person is a member of. */
  readonly memberPlans: readonly Plan[]
}

/** At how many hundredths of their limit people are told. */
const levels = [80, 100]

const atOnce = 100

const selectDue = statement((db, value: ValueOf<{ readonly now: Date; readonly reportsSince: Date }>) => {
  const seconds = sql<number>`extract(epoch from ${value('now')}::timestamptz - w.starts_at)::int`
  const used = usedPulls('w', windowSlots('w', seconds), hasRecentReports(value('reportsSince')))
  return sql<DueWindow>`
    select w.namespace_id as "namespaceId", w.subject_id as "subjectId", w.starts_at as "startsAt",
      ${used} as used, w.notified_percent as "notifiedPercent", t.label, t.pull_limit as "pullLimit", o.plan,
      array(
        select mine.plan from membership m join organization mine on mine.id = m.organization_id
        where m.user_id = w.subject_id
      ) as "memberPlans"
    from usage_window w
    left join access_token t on t.namespace_id = w.namespace_id and t.id = w.subject_id
    left join organization o on o.id = w.namespace_id
    where w.is_notice_due
    order by w.namespace_id, w.subject_id, w.starts_at
    limit ${sql.lit(atOnce)} for update of w`.compile(db)
})

interface Looked {
  readonly namespaceIds: readonly string[]
  readonly subjectIds: readonly string[]
  readonly windowStarts: readonly Timestamp[]
  readonly limits: ReadonlyArray<number | null>
  readonly notifiedPercent: readonly number[]
}

const noteLooked = statement((db, value: ValueOf<Looked>) =>
  sql<never>`
    update usage_window w
    set is_notice_due = false, limit_known = true, pull_limit = u.pull_limit, notified_percent = u.notified_percent
    from unnest(
      ${value('namespaceIds')}::text[], ${value('subjectIds')}::text[], ${value('windowStarts')}::timestamptz[],
      ${value('limits')}::int[], ${value('notifiedPercent')}::int[]
    ) as u (namespace_id, subject_id, starts_at, pull_limit, notified_percent)
    where w.namespace_id = u.namespace_id and w.subject_id = u.subject_id and w.starts_at = u.starts_at`.compile(db),
)

const selectAnyDue = statement((db) =>
  sql<{ isDue: boolean }>`select true as "isDue" from usage_window where is_notice_due limit 1`.compile(db),
)

/**
 * Announces whose pulls have come near their limit, or have reached it, once a window. What is due stands in the windows
 * themselves, written by the statement that counted, so that no notice is lost with a process and no request waits for one.
 */
export async function announceLimits(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  // Nearly always nothing is, and then no transaction has to begin.
  const [any] = await selectAnyDue(em, {})
  let looked = any === undefined ? 0 : atOnce
  while (looked === atOnce) looked = await em.fork().transactional((each) => announceSome(each, plans, now))
}

async function announceSome(em: EntityManager, plans: PlanTable, now: Date): Promise<number> {
  const due = await selectDue(em, { now, reportsSince: reportsSince(now) })
  if (due.length === 0) return 0
  const looked = due.map((window) => {
    const limit = limitOf(window, plans)
    // When a window is over, its limit is nobody's concern any more.
    const isOver = usageWindowAt(new Date(window.startsAt)).endsAt <= now
    return { ...window, limit, reached: isOver ? 0 : levelOf(window.used, limit) }
  })
  await announce(
    em,
    looked.flatMap((window) =>
      levels
        .filter((level) => level > window.notifiedPercent && level <= window.reached)
        .map((level) => toAnnouncement(window, level, now)),
    ),
  )
  await noteLooked(em, {
    namespaceIds: looked.map(({ namespaceId }) => namespaceId),
    subjectIds: looked.map(({ subjectId }) => subjectId),
    windowStarts: looked.map(({ startsAt }) => startsAt),
    limits: looked.map(({ limit }) => limit),
    notifiedPercent: looked.map(({ notifiedPercent, reached }) => Math.max(notifiedPercent, reached)),
  })
  return due.length
}

function limitOf({ plan, pullLimit, memberPlans }: DueWindow, plans: PlanTable): number | null {
  return plan === null ? bestPullLimit(memberPlans, plans) : pullLimitOf(pullLimit, plans[plan])
}

// As `notificationLevel` has it in SQL.
function levelOf(used: number, limit: number | null): number {
  if (limit === null) return 0
  return levels.findLast((level) => used * 100 >= limit * level) ?? 0
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
