import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Plan } from '../model/plan.ts'
import { daysAfter, minuteMs } from '../shared/duration.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { batchedDeletion } from '../sql/batched-deletion.ts'
import { hasRecentReports, usedPulls, windowSlots } from '../sql/pull-ledger.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { reportsSince, usageWindowAt, usageWindowSeconds } from './usage-limit.ts'

/** A window that a statement that counts has flagged: a notification may be due. */
export interface DueWindow {
  readonly namespaceId: string
  readonly subjectId: string
  readonly startsAt: Timestamp
  readonly used: number
  readonly notifiedPercent: number
  /** The label, limit and plan of an organization's token; Null for a person. */
  readonly label: string | null
  readonly pullLimit: number | null
  readonly plan: Plan | null
  /** Of the organizations that the person is a member of. */
  readonly memberPlans: readonly Plan[]
}

/** How many windows `lockDueWindows` returns at most. */
export const maxDueWindows = 100

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
    limit ${sql.lit(maxDueWindows)} for update of w`.compile(db)
})

/** Some windows for which a notification may be due, locked until the transaction ends. */
export function lockDueWindows(em: EntityManager, now: Date): Promise<DueWindow[]> {
  return selectDue(em, { now, reportsSince: reportsSince(now) })
}

const selectAnyDue = statement((db) =>
  sql<{ isDue: boolean }>`select true as "isDue" from usage_window where is_notice_due limit 1`.compile(db),
)

/** Whether a notification may be due for any window. */
export async function findAnyDueWindow(em: EntityManager): Promise<boolean> {
  return (await selectAnyDue(em, {})).length > 0
}

/** A window whose notifications have been announced up to a percentage of its limit. */
export interface AnnouncedWindow {
  readonly namespace_id: string
  readonly subject_id: string
  readonly starts_at: Timestamp
  /** Null means unlimited. */
  readonly pull_limit: number | null
  readonly notified_percent: number
}

const updateWindows = statement((db, value: ValueOf<{ readonly windows: readonly AnnouncedWindow[] }>) =>
  sql<never>`
    update usage_window w
    set is_notice_due = false, limit_known = true, pull_limit = u.pull_limit, notified_percent = u.notified_percent
    from ${batch(value, 'windows', 'u', {
      namespace_id: 'text',
      subject_id: 'text',
      starts_at: 'timestamptz',
      pull_limit: 'int',
      notified_percent: 'int',
    })}
    where w.namespace_id = u.namespace_id and w.subject_id = u.subject_id and w.starts_at = u.starts_at`.compile(db),
)

/** Keeps what was announced, and takes the flag away. */
export async function updateAnnouncedWindows(em: EntityManager, windows: readonly AnnouncedWindow[]): Promise<void> {
  await updateWindows(em, { windows })
}

interface Before {
  readonly before: Date
}

const startedBefore = (value: ValueOf<Before>) => sql`starts_at < ${value('before')}`
const expiredBefore = (value: ValueOf<Before>) => sql`expires_at < ${value('before')}`
const deleteWindows = batchedDeletion<Before>('usage_window', startedBefore)
const deleteAnonymousWindows = batchedDeletion<Before>('anonymous_usage_window', startedBefore)
const deleteReservations = batchedDeletion<Before>('pull_reservation', expiredBefore)
const deleteAnonymousReservations = batchedDeletion<Before>('anonymous_pull_reservation', expiredBefore)

const keptDays = 35

/** Deletes windows that are older than 35 days, and those of anonymous clients that began before the previous one. */
export async function pruneUsageWindows(em: EntityManager, now: Date): Promise<void> {
  await deleteWindows(em, { before: daysAfter(now, -keptDays) })
  const current = usageWindowAt(now).startsAt.getTime()
  await deleteAnonymousWindows(em, { before: new Date(current - usageWindowSeconds * 1000) })
}

// A report that is late by less finds its reservation.
const reservationGraceMs = 5 * minuteMs

/** Deletes the reservations that have lapsed. */
export async function pruneReservations(em: EntityManager, now: Date): Promise<void> {
  const before = new Date(now.getTime() - reservationGraceMs)
  await deleteReservations(em, { before })
  await deleteAnonymousReservations(em, { before })
}
