import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { recordActivity } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import { anonymous } from '../policy/principal.ts'
import type { LastUseRecorder } from '../usage/last-use-recorder.ts'
import { type ReportedPull, recordReportedPulls } from '../usage/record-reported-pulls.ts'
import { recordUsage } from '../usage/record-usage.ts'
import { type EventParties, findEventParties } from './find-event-parties.ts'
import type { ImageEvent } from './image-event.ts'
import { recordTags } from './record-tags.ts'

type Recorded = readonly [event: ImageEvent, parties: EventParties]

// What a registry kept for so long is told as of then; its clock is not trusted further, nor into the future.
const oldestMs = 7 * 24 * 60 * 60 * 1000

/**
 * Records what a registry tells of: activity, usage, pulls that count against limits, tags, and the last use of tokens. All
 * of it happens in one transaction, or nothing, and once for each event however often it is told. Answers how many were new
 * and concern somebody who exists.
 */
export async function recordImageEvents(
  context: { readonly em: EntityManager; readonly now: Date },
  lastUses: LastUseRecorder,
  told: readonly ImageEvent[],
): Promise<number> {
  if (told.length === 0) return 0
  const { now } = context
  const recorded = await context.em.fork().transactional(async (em) => {
    const fresh = await claim(em, told, now)
    const parties = await findEventParties(em, fresh)
    const known = fresh.flatMap((event, index): Recorded[] => {
      const concerned = parties[index]
      return concerned ? [[{ ...event, at: within(event.at, now) }, concerned]] : []
    })
    await countPulls(em, known)
    await recordUsage(em, known.flatMap(usageOf))
    await recordTags(em, known)
    // The chain of a namespace is locked with its event: as `recordActivities` does, in one order.
    const shown = known.filter(([{ kind }]) => kind !== 'CHECK')
    for (const each of shown.toSorted(byNamespaceDescending)) recordEvent(em, each)
    return known
  })
  for (const each of recorded) if (each[0].kind !== 'CHECK') await noteUse(lastUses, each)
  return recorded.length
}

/** The events that nobody has recorded yet. Who claims the same at this moment waits for the others' end. */
async function claim(em: EntityManager, told: readonly ImageEvent[], now: Date): Promise<ImageEvent[]> {
  const byId = new Map(told.map((event) => [event.id, event]))
  const { rows } = await sql<{ id: string }>`
    insert into registry_event (id, received_at)
    select id, ${now.toISOString()} from unnest(${[...byId.keys()].toSorted()}::text[]) as u (id)
    on conflict (id) do nothing returning id`.execute(em.getKysely())
  const ids = new Set(rows.map(({ id }) => id))
  return [...byId.values()].filter(({ id }) => ids.has(id))
}

function within(at: Date, now: Date): Date {
  return new Date(Math.min(now.getTime(), Math.max(at.getTime(), now.getTime() - oldestMs)))
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

function usageOf([{ kind, at, repository, ipAddress }, { namespaceId, token, userId }]: Recorded) {
  if (kind !== 'PULL' && kind !== 'PUSH') return []
  const pulls = kind === 'PULL' ? 1 : 0
  const who = { tokenId: token?.id ?? null, tokenLabel: token?.label ?? null, userId, ipAddress }
  return [{ namespaceId, at, repository, ...who, pulls, pushes: 1 - pulls }]
}

const actionOf = (event: ImageEvent): ActivityAction => {
  if (event.kind === 'PULL') return 'repository.pull'
  if (event.kind === 'PUSH') return 'repository.push'
  return event.tag === null ? 'repository.manifest_delete' : 'repository.tag_delete'
}

function recordEvent(em: EntityManager, [event, { namespaceId, actor, token }]: Recorded): void {
  const { at, repository, tag, digest, mediaType, ipAddress, userAgent, requestId } = event
  const suffix = tag === null ? (digest === null ? '' : `@${digest}`) : `:${tag}`
  recordActivity({ principal: anonymous, now: at, origin: { ipAddress, userAgent, requestId } }, em, {
    namespaceId,
    action: actionOf(event),
    target: `${repository}${suffix}`,
    actor,
    ...(token === null ? {} : { token }),
    data: { ...(digest === null ? {} : { digest }), ...(mediaType === null ? {} : { mediaType }) },
  })
}

function byNamespaceDescending([, { namespaceId: one }]: Recorded, [, { namespaceId: other }]: Recorded): number {
  return Number(one < other) - Number(one > other)
}

async function noteUse(lastUses: LastUseRecorder, [event, { token }]: Recorded): Promise<void> {
  if (token === null) return
  const { at, repository, ipAddress, userAgent: client } = event
  const { id: tokenId, namespaceId } = token
  await lastUses.record({ namespaceId, tokenId, secretId: null, at, ipAddress, client, repository }, true)
}
