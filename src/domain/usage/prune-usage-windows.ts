import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'
import { usageWindowAt, usageWindowSeconds } from './usage-limit.ts'

const keptDays = 35
const atOnce = 10_000

// What another instance deletes at the same time, or counts in, is left to it.
const deleteWindows = statement((db, value: ValueOf<{ readonly before: Date }>) =>
  sql<{ deleted: number }>`
    with old as (
      select namespace_id, subject_id, starts_at from usage_window where starts_at < ${value('before')}
      limit ${sql.lit(atOnce)} for update skip locked
    ), deleted as (
      delete from usage_window w using old
      where w.namespace_id = old.namespace_id and w.subject_id = old.subject_id and w.starts_at = old.starts_at
      returning 1
    )
    select count(*)::int as deleted from deleted`.compile(db),
)

const deleteAnonymous = statement((db, value: ValueOf<{ readonly before: Date }>) =>
  sql<{ deleted: number }>`
    with old as (
      select starts_at, network from anonymous_usage_window where starts_at < ${value('before')}
      limit ${sql.lit(atOnce)} for update skip locked
    ), deleted as (
      delete from anonymous_usage_window w using old where w.starts_at = old.starts_at and w.network = old.network
      returning 1
    )
    select count(*)::int as deleted from deleted`.compile(db),
)

// A report that is late by less finds its reservation.
const reservationGraceMs = 5 * 60 * 1000

function deleteReservations(table: 'pull_reservation' | 'anonymous_pull_reservation') {
  return statement((db, value: ValueOf<{ readonly before: Date }>) =>
    sql<{ deleted: number }>`
      with old as (
        select ctid from ${sql.table(table)} where expires_at < ${value('before')}
        limit ${sql.lit(atOnce)} for update skip locked
      ), deleted as (
        delete from ${sql.table(table)} where ctid in (select ctid from old) returning 1
      )
      select count(*)::int as deleted from deleted`.compile(db),
  )
}

const deleteSubjectReservations = deleteReservations('pull_reservation')
const deleteAnonymousReservations = deleteReservations('anonymous_pull_reservation')

/** Deletes the reservations that have lapsed. */
export async function pruneReservations(em: EntityManager, now: Date): Promise<void> {
  const before = new Date(now.getTime() - reservationGraceMs)
  await repeat(deleteSubjectReservations, em, before)
  await repeat(deleteAnonymousReservations, em, before)
}

/** Deletes the usage windows that nobody asks for any more: after 35 days, and those of addresses with the one after theirs. */
export async function pruneUsageWindows(em: EntityManager, now: Date): Promise<void> {
  const current = usageWindowAt(now).startsAt.getTime()
  await repeat(deleteWindows, em, new Date(now.getTime() - keptDays * 24 * 60 * 60 * 1000))
  await repeat(deleteAnonymous, em, new Date(current - usageWindowSeconds * 1000))
}

async function repeat(deleteSome: typeof deleteWindows, em: EntityManager, before: Date): Promise<void> {
  let deleted = atOnce
  while (deleted === atOnce) [{ deleted } = { deleted: 0 }] = await deleteSome(em, { before })
}
