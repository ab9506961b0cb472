import type { EntityManager } from '@mikro-orm/postgresql'
import { type Activity, byNamespaceDescending, recordActivity } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { ImageEvent } from '../model/registry-event.ts'
import { anonymous } from '../policy/principal.ts'
import type { Settings } from '../policy/request-context.ts'
import { daysAfter } from '../shared/duration.ts'
import type { LastUseRecorder } from '../usage/last-use-recorder.ts'
import { type ReportedPull, recordReportedPulls } from '../usage/record-reported-pulls.ts'
import { insertUsage } from '../usage/usage-day-store.ts'
import { createPushedRepositories } from './create-pushed-repositories.ts'
import { type EventParties, findEventParties } from './find-event-parties.ts'
import { recordTags } from './record-tags.ts'
import { insertRegistryEvents } from './registry-event-store.ts'
import { type ShownEvent, shownEvents } from './shown-events.ts'

type Recorded = readonly [event: ImageEvent, parties: EventParties]

// An event may have waited in the registry for so long. Its clock is not trusted for older events, nor for the future.
const maxAgeDays = 7

/**
 * Records events that a registry reports: activity, usage, pulls that count against limits, repositories that a first
 * push creates, and tags, in one transaction, and the last use of tokens. Each event is recorded once, however often it
 * is reported. Returns how many events were new and of a namespace that exists.
 */
export async function recordImageEvents(
  context: {
    readonly em: EntityManager
    readonly now: Date
    readonly settings: Pick<Settings, 'pseudonymKey' | 'plans'>
  },
  lastUses: LastUseRecorder,
  reported: readonly ImageEvent[],
): Promise<number> {
  if (reported.length === 0) return 0
  const { now } = context
  const recorded = await context.em.fork().transactional(async (em) => {
    const fresh = await claim(em, reported, now)
    const parties = await findEventParties(em, fresh)
    const concerned = fresh.flatMap((event, index): Recorded[] => {
      const found = parties[index]
      return found ? [[{ ...event, at: within(event.at, now) }, found]] : []
    })
    await countPulls(em, concerned)
    const { events: known, creations } = await createPushedRepositories(em, concerned, context.settings.plans)
    const shown = known
      .filter(([{ kind }]) => kind !== 'CHECK')
      .flatMap(([event, parties]) => shownEvents(event, parties, context.settings.pseudonymKey))
    await insertUsage(em, shown.flatMap(usageOf))
    await recordTags(em, known)
    // An event locks the chain of its namespace, in one order, as in `recordActivities`.
    for (const [event, activity] of [
      ...creations.map((each) => [each[0], creationOf(each)] as const),
      ...shown.map((each) => [each.event, activityOf(each)] as const),
    ].toSorted(([, one], [, other]) => byNamespaceDescending(one, other)))
      recordReported(em, event, activity)
    return known
  })
  for (const each of recorded) if (each[0].kind !== 'CHECK') await recordUse(lastUses, each)
  return recorded.length
}

/** The events that have not been recorded yet. */
async function claim(em: EntityManager, reported: readonly ImageEvent[], now: Date): Promise<ImageEvent[]> {
  const byId = new Map(reported.map((event) => [event.id, event]))
  const ids = await insertRegistryEvents(em, byId.keys(), now)
  return [...byId.values()].filter(({ id }) => ids.has(id))
}

function within(at: Date, now: Date): Date {
  const oldest = daysAfter(now, -maxAgeDays)
  if (at < oldest) return oldest
  return at > now ? now : at
}

async function countPulls(em: EntityManager, events: readonly Recorded[]): Promise<void> {
  const reports = events.flatMap(([event, { token, userId }]): ReportedPull[] => {
    const { kind, at, repository, subject, ipAddress, userAgent } = event
    if (kind !== 'PULL' && kind !== 'CHECK') return []
    const report = { kind, at, repository, ipAddress, userAgent }
    // A person's pulls count together, with any credentials.
    if (userId !== null) return [{ ...report, subject: { namespaceId: userId, subjectId: userId } }]
    if (token !== null) return [{ ...report, subject: { namespaceId: token.namespaceId, subjectId: token.id } }]
    return subject === '' ? [{ ...report, subject: null }] : []
  })
  await recordReportedPulls(em, reports)
}

function usageOf({ event: { kind, at, repository, ipAddress }, parties, visitor }: ShownEvent) {
  const { namespaceId, token, userId } = parties
  if (kind !== 'PULL' && kind !== 'PUSH') return []
  const pulls = kind === 'PULL' ? 1 : 0
  const who = { tokenId: token?.id ?? visitor, tokenLabel: token?.label ?? visitor, userId, ipAddress }
  return [{ namespaceId, at, repository, ...who, pulls, pushes: 1 - pulls }]
}

const actionOf = (event: ImageEvent): ActivityAction => {
  if (event.kind === 'PULL') return 'repository.pull'
  if (event.kind === 'PUSH') return 'repository.push'
  return event.tag === null ? 'repository.manifest_delete' : 'repository.tag_delete'
}

function activityOf({ event, parties }: ShownEvent): Activity {
  const { repository, tag, digest, mediaType } = event
  const suffix = tag === null ? (digest === null ? '' : `@${digest}`) : `:${tag}`
  return {
    ...doneBy(parties),
    action: actionOf(event),
    target: `${repository}${suffix}`,
    data: { ...(digest === null ? {} : { digest }), ...(mediaType === null ? {} : { mediaType }) },
  }
}

function creationOf([{ repository }, parties]: Recorded): Activity {
  return { ...doneBy(parties), action: 'repository.create', target: repository, data: { visibility: 'PRIVATE' } }
}

function doneBy({ namespaceId, actor, token }: EventParties): Pick<Activity, 'namespaceId' | 'actor' | 'token'> {
  return { namespaceId, actor, ...(token === null ? {} : { token }) }
}

/** Records an activity at the time and from the client of the event that caused it. */
function recordReported(em: EntityManager, event: ImageEvent, activity: Activity): void {
  const { at, ipAddress, userAgent, requestId } = event
  recordActivity({ principal: anonymous, now: at, origin: { ipAddress, userAgent, requestId } }, em, activity)
}

async function recordUse(lastUses: LastUseRecorder, [event, { token }]: Recorded): Promise<void> {
  if (token === null) return
  const { at, repository, ipAddress, userAgent: client } = event
  const { id: tokenId, namespaceId } = token
  await lastUses.record({ namespaceId, tokenId, secretId: null, at, ipAddress, client, repository }, true)
}
