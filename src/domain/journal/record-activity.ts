import type { EntityManager } from '@mikro-orm/postgresql'
import type { ActivityAction } from '../model/activity-action.ts'
import { ActivityEvent } from '../model/activity-event.ts'
import { type Principal, usedToken } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { newId } from '../shared/id.ts'

export interface Activity {
  /** The organization or person whose event it is. */
  readonly namespaceId: string
  readonly action: ActivityAction
  /** The name of the changed thing: a token's label, a repository's name, a username, the address of an invite. */
  readonly target: string
  /** The changed token. Absent: the one that the caller used, if any. */
  readonly token?: { readonly id: string; readonly label: string }
  /** What changed. Never contains a secret. */
  readonly data?: Readonly<Record<string, string>>
  /** The actor, if that is not the caller. A person who signs in is not the caller yet. */
  readonly actor?: ActivityActor
}

export interface ActivityActor {
  readonly kind: 'USER' | 'PERSONAL_TOKEN' | 'ORGANIZATION_TOKEN' | 'SYSTEM'
  readonly id: string | null
  readonly name: string
}

/**
 * Records events of several organizations and people. Each event locks the chain of its namespace until the transaction
 * ends, so all transactions lock chains in one order: people before organizations, and greater ids before smaller ones.
 */
export function recordActivities(
  context: Pick<RequestContext, 'principal' | 'now' | 'origin'>,
  em: EntityManager,
  activities: readonly Activity[],
): void {
  for (const activity of activities.toSorted(byNamespaceDescending)) recordActivity(context, em, activity)
}

/** The order in which transactions lock chains. */
export function byNamespaceDescending({ namespaceId: one }: Activity, { namespaceId: other }: Activity): number {
  return Number(one < other) - Number(one > other)
}

/**
 * Adds an activity event to the transaction that `em` is in, so that no change is without its event. For events of
 * several namespaces, use `recordActivities`.
 */
export function recordActivity(
  context: Pick<RequestContext, 'principal' | 'now' | 'origin'>,
  em: EntityManager,
  activity: Activity,
): void {
  const actor = activity.actor ?? actorOf(context.principal)
  const token = activity.token ?? usedToken(context.principal)
  em.create(ActivityEvent, {
    id: newId('evt', context.now),
    namespace: activity.namespaceId,
    at: context.now,
    action: activity.action,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    tokenId: token?.id ?? null,
    tokenLabel: token?.label ?? null,
    target: activity.target,
    ipAddress: context.origin.ipAddress,
    userAgent: context.origin.userAgent,
    requestId: context.origin.requestId,
    data: { ...activity.data },
  })
}

function actorOf(principal: Principal): ActivityActor {
  switch (principal.kind) {
    case 'SESSION':
    case 'PASSWORD':
      return { kind: 'USER', id: principal.user.id, name: principal.user.username }
    case 'PERSONAL_TOKEN':
      return { kind: 'PERSONAL_TOKEN', id: principal.token.id, name: principal.user.username }
    case 'ORGANIZATION_TOKEN':
      return { kind: 'ORGANIZATION_TOKEN', id: principal.token.id, name: principal.organization.name }
    case 'ANONYMOUS':
      return { kind: 'SYSTEM', id: null, name: 'system' }
  }
}
