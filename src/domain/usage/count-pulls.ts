import type { EntityManager } from '@mikro-orm/postgresql'
import { clientFamily } from '../shared/client-family.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { slotsPerGrant } from '../sql/pull-ledger.ts'
import { insertAnonymousReservations, insertReservations } from './reservation-store.ts'
import { LastReport, reportsSince, secondsInWindow, usageWindowAt } from './usage-limit.ts'

/** Repositories that somebody is granted to pull. */
export interface WantedPulls {
  /**
   * Whose pulls they are: a token of an organization, or a person, whose id is that of the namespace. Null: anonymous.
   */
  readonly subject: { readonly namespaceId: string; readonly subjectId: string } | null
  /** When; they are in the usage window of that moment. */
  readonly at: Date
  /** The life of the grant. */
  readonly grantSeconds: number
  /** Full names, at least one. */
  readonly repositories: readonly string[]
  /** The address of the client. Anonymous clients without one share one limit. */
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** Pulls per window. Null means unlimited. It is the same for all pulls of a subject. */
  readonly limit: number | null
}

/** `NO_SUBJECT`: it has been deleted since it was recognized. */
export type CountOutcome = 'COUNTED' | 'LIMIT_REACHED' | 'NO_SUBJECT'

/**
 * Reserves pulls in their windows, each request as a whole, unless its limit would be exceeded. The result is in the
 * order of the requests. One statement for any number of subjects, and one for anonymous clients. A client reserves a
 * repository once while its reservation is open. Subjects without a limit reserve nothing while registries report:
 * `lastReport` then says so without a statement. Registries settle reservations (`record-reported-pulls.ts`).
 */
export async function countPulls(
  em: EntityManager,
  wanted: readonly WantedPulls[],
  lastReport = new LastReport(),
): Promise<CountOutcome[]> {
  const together = [...Map.groupBy(wanted, windowOf).values()]
  const counted = await countOnce(em, together, lastReport)
  const outcomes = new Map<WantedPulls, CountOutcome>()
  for (const [index, each] of together.entries()) {
    const outcome = counted[index] ?? 'LIMIT_REACHED'
    if (outcome === 'LIMIT_REACHED' && each.length > 1) await countOneByOne(em, each, outcomes, lastReport)
    else for (const one of each) outcomes.set(one, outcome)
  }
  return wanted.map((each) => outcomes.get(each) ?? 'LIMIT_REACHED')
}

/** Where there is no room for all requests of a window: those for which there is. */
async function countOneByOne(
  em: EntityManager,
  wanted: readonly WantedPulls[],
  outcomes: Map<WantedPulls, CountOutcome>,
  lastReport: LastReport,
): Promise<void> {
  const rejected = new Set<string>()
  for (const each of wanted) {
    const same = itemsOf([each]).map(itemKey).join()
    const [outcome = 'LIMIT_REACHED'] = rejected.has(same) ? [] : await countOnce(em, [[each]], lastReport)
    if (outcome === 'LIMIT_REACHED') rejected.add(same)
    outcomes.set(each, outcome)
  }
}

type Group = readonly WantedPulls[]

/** One outcome for each group; all requests of a group have one window, and no two groups have the same. */
async function countOnce(em: EntityManager, groups: readonly Group[], lastReport: LastReport): Promise<CountOutcome[]> {
  const outcomes = groups.map((): CountOutcome => 'NO_SUBJECT')
  const places = groups.flatMap((group, place) => {
    const [first] = group
    return first === undefined ? [] : [{ first, group, place }]
  })
  const since = reportsSince(new Date(Math.max(...places.map(({ first }) => first.at.getTime()))))
  const ofSubjects = places.flatMap(({ first, ...place }) =>
    first.subject === null ? [] : [{ ...place, row: { ...keyOf(first.subject), ...rowOf(first) } }],
  )
  const anonymous = places.flatMap(({ first, ...place }) =>
    first.subject === null ? [{ ...place, row: { network: clientNetwork(first.ipAddress), ...rowOf(first) } }] : [],
  )
  const [subjectRows, anonymousRows] = await Promise.all([
    ofSubjects.length === 0
      ? []
      : insertReservations(em, {
          reportsSince: since,
          wanted: ofSubjects.map(({ row }) => row),
          items: ofSubjects.flatMap(({ group, row: { namespace_id, subject_id } }) =>
            itemsOf(group).map((item) => ({ namespace_id, subject_id, ...item })),
          ),
        }),
    anonymous.length === 0
      ? []
      : insertAnonymousReservations(em, {
          reportsSince: since,
          wanted: anonymous.map(({ row }) => row),
          items: anonymous.flatMap(({ group }) => itemsOf(group)),
        }),
  ])
  for (const { lastReportAt } of subjectRows) lastReport.note(lastReportAt)
  for (const { position, outcome } of subjectRows) outcomes[ofSubjects[position]?.place ?? -1] = outcome
  for (const { position, outcome } of anonymousRows) outcomes[anonymous[position]?.place ?? -1] = outcome
  return outcomes
}

function keyOf({ namespaceId, subjectId }: NonNullable<WantedPulls['subject']>) {
  return { namespace_id: namespaceId, subject_id: subjectId }
}

function rowOf({ at, limit, grantSeconds }: WantedPulls) {
  return {
    starts_at: usageWindowAt(at).startsAt,
    at,
    seconds: secondsInWindow(at),
    slot_seconds: Math.ceil(grantSeconds / slotsPerGrant),
    pull_limit: limit,
  }
}

interface Item {
  readonly starts_at: Date
  readonly repository: string
  readonly network: string
  readonly client: string
}

/** What the requests reserve, each repository and client once. */
function itemsOf(group: Group): Item[] {
  const items = group.flatMap(({ at, repositories, ipAddress, userAgent }): Item[] => {
    const origin = { network: clientNetwork(ipAddress), client: clientFamily(userAgent) }
    return repositories.map((repository) => ({ starts_at: usageWindowAt(at).startsAt, repository, ...origin }))
  })
  return [...new Map(items.map((item) => [itemKey(item), item])).values()]
}

function itemKey({ repository, network, client }: Item): string {
  return `${repository} ${network} ${client}`
}

function windowOf({ subject, ipAddress, at }: WantedPulls): string {
  return `${subject?.subjectId ?? clientNetwork(ipAddress)} ${usageWindowAt(at).startsAt.getTime()}`
}
