import type { EntityManager } from '@mikro-orm/postgresql'
import { maintainActivityLog } from './domain/activity/maintain-activity-log.ts'
import { pruneDeviceRequests } from './domain/device/device-request-store.ts'
import { pruneFailureCounts } from './domain/guess/failure-count-store.ts'
import type { PlanTable } from './domain/model/plan.ts'
import { announceExpiries } from './domain/notice/announce-expiries.ts'
import type { Deliverer } from './domain/notice/deliverer.ts'
import { pruneDeliveries } from './domain/notice/prune-deliveries.ts'
import { pruneRefusedAttempts } from './domain/refusal/refused-attempt-store.ts'
import { pruneRegistryLogins } from './domain/registry-access/registry-login-store.ts'
import { pruneRegistryEvents } from './domain/registry-events/registry-event-store.ts'
import { announceLimits } from './domain/usage/announce-limits.ts'
import { ensureUsagePartitions } from './domain/usage/ensure-usage-partitions.ts'
import { pruneTokenAddresses } from './domain/usage/token-use-store.ts'
import { pruneReservations, pruneUsageWindows } from './domain/usage/usage-window-store.ts'
import type { Job } from './schedule.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** The background jobs of an instance. */
export function jobsOf({
  startEntityManager: em,
  plans,
  deliverer,
}: {
  readonly startEntityManager: () => EntityManager
  readonly plans: PlanTable
  readonly deliverer: Deliverer
}): Job[] {
  return [
    { name: 'deliver notifications', everyMs: secondMs, run: (now) => deliverer.run(now) },
    { name: 'prune token addresses', everyMs: dayMs, run: () => pruneTokenAddresses(em()) },
    { name: 'prune failure counts', everyMs: hourMs, run: () => pruneFailureCounts(em()) },
    { name: 'prune device requests', everyMs: hourMs, run: (now) => pruneDeviceRequests(em(), now) },
    { name: 'prune rejected attempts', everyMs: dayMs, run: (now) => pruneRefusedAttempts(em(), now) },
    { name: 'prune registry logins', everyMs: hourMs, run: (now) => pruneRegistryLogins(em(), now) },
    { name: 'prune registry events', everyMs: dayMs, run: (now) => pruneRegistryEvents(em(), now) },
    { name: 'maintain the activity log', everyMs: dayMs, run: (now) => maintainActivityLog(em(), plans, now) },
    { name: 'announce usage limits', everyMs: 10 * secondMs, run: (now) => announceLimits(em(), plans, now) },
    { name: 'ensure usage partitions', everyMs: dayMs, run: (now) => ensureUsagePartitions(em(), now) },
    { name: 'prune usage windows', everyMs: dayMs, run: (now) => pruneUsageWindows(em(), now) },
    { name: 'prune reservations', everyMs: 10 * minuteMs, run: (now) => pruneReservations(em(), now) },
    { name: 'announce expiries', everyMs: hourMs, run: (now) => announceExpiries(em(), now) },
    { name: 'prune deliveries', everyMs: hourMs, run: (now) => pruneDeliveries(em(), now) },
  ]
}
