import type { EntityManager } from '@mikro-orm/postgresql'
import { clientFamily } from '../shared/client-family.ts'
import { clientNetwork } from '../shared/client-network.ts'
import type { ReportedRequests } from '../sql/pull-settlement.ts'
import {
  insertReportedAnonymousPulls,
  insertReportedPulls,
  lockAnonymousWindow,
  lockReportedWindows,
  type OfSubject,
  updateCheckedAnonymousReservations,
  updateCheckedReservations,
} from './settlement-store.ts'
import { secondsInWindow, usageWindowAt } from './usage-limit.ts'

/** A request for a manifest that a registry has reported. */
export interface ReportedPull {
  /** Whose it is: a token of an organization, or a person, whose id is that of the namespace. Null: anonymous. */
  readonly subject: OfSubject | null
  /** A check looks at a manifest (HEAD) without pulling it, and counts as nothing. */
  readonly kind: 'PULL' | 'CHECK'
  /** The full name. */
  readonly repository: string
  /** As the registry sees the client. */
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** When, by the registry's clock. */
  readonly at: Date
}

// The longest life of a grant, and the slot in which its reservation ends.
const oldestGrantMs = 75 * 60 * 1000

/**
 * Counts pulls that clients did, in the transaction that `em` is in. Each takes the place of a reservation, if there
 * is one; otherwise it is one more, even above the limit. A check lets a reservation lapse. Pulls of deleted tokens do
 * not count. Locks tokens, then windows, in the order of their keys, as grants do; so call it before locking anything
 * else.
 */
export async function recordReportedPulls(em: EntityManager, reports: readonly ReportedPull[]): Promise<void> {
  if (reports.length === 0) return
  const groups = [...Map.groupBy(reports, groupOf).values()].flatMap(toGroup)
  const ofSubjects = groups
    .flatMap(({ subject, ...group }) => (subject === null ? [] : [{ ...subject, ...group }]))
    .toSorted(inOrder)
  const living = await lockReportedWindows(em, {
    at: new Date(Math.max(...reports.map(({ at }) => at.getTime()))),
    told: ofSubjects.map(({ namespaceId, subjectId, requested }) => ({
      namespace_id: namespaceId,
      subject_id: subjectId,
      starts_at: requested.startsAt,
    })),
  })
  const alive = new Set(living.map(({ subjectId }) => subjectId))
  for (const { namespaceId, subjectId, kind, requested } of ofSubjects) {
    if (!alive.has(subjectId)) continue
    const values = { namespaceId, subjectId, ...requested }
    await (kind === 'PULL' ? insertReportedPulls(em, values) : updateCheckedReservations(em, values))
  }
  for (const { subject, kind, requested } of groups) if (subject === null) await settleAnonymous(em, kind, requested)
}

/** Each request by itself, since each may have come of a reservation of another network. */
async function settleAnonymous(em: EntityManager, kind: Group['kind'], requested: ReportedRequests): Promise<void> {
  for (let request = 0; request < requested.requests; request++) {
    const one = { ...requested, requests: 1 }
    const [{ network: owner } = one] = await lockAnonymousWindow(em, one)
    const values = { ...one, owner }
    await (kind === 'PULL' ? insertReportedAnonymousPulls(em, values) : updateCheckedAnonymousReservations(em, values))
  }
}

interface Group {
  readonly subject: OfSubject | null
  readonly kind: ReportedPull['kind']
  readonly requested: ReportedRequests
}

/** Requests that differ only in the moment. */
function groupOf({ subject, kind, repository, ipAddress, userAgent, at }: ReportedPull): string {
  const client = `${clientNetwork(ipAddress)} ${clientFamily(userAgent)}`
  return `${subject?.subjectId} ${kind} ${repository} ${client} ${usageWindowAt(at).startsAt.getTime()}`
}

function toGroup(each: readonly ReportedPull[]): Group[] {
  const [latest] = each.toSorted((one, other) => other.at.getTime() - one.at.getTime())
  if (latest === undefined) return []
  const { subject, kind, repository, ipAddress, userAgent, at } = latest
  const requested = {
    repository,
    network: clientNetwork(ipAddress),
    client: clientFamily(userAgent),
    at,
    startsAt: usageWindowAt(at).startsAt,
    previousStartsAt: usageWindowAt(new Date(at.getTime() - oldestGrantMs)).startsAt,
    seconds: secondsInWindow(at),
    requests: each.length,
  }
  return [{ subject, kind, requested }]
}

type SubjectGroup = OfSubject & Pick<Group, 'requested'>

function inOrder(one: SubjectGroup, other: SubjectGroup): number {
  const [first, second] = [one, other].map(
    ({ namespaceId, subjectId, requested }) => `${namespaceId} ${subjectId} ${requested.startsAt.toISOString()}`,
  )
  return Number((first ?? '') > (second ?? '')) - Number((first ?? '') < (second ?? ''))
}
