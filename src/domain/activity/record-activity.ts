import type { EntityManager } from '@mikro-orm/postgresql'
import type { Principal } from '../access/principal.ts'
import type { Call } from '../call.ts'
import { newId } from '../id.ts'
import { ActivityEvent } from './activity-event.ts'

/** What can happen to an organization or an account. */
export type ActivityAction =
  | 'access_token.create'
  | 'access_token.deactivate'
  | 'access_token.delete'
  | 'access_token.scope_remove'
  | 'access_token.update'
  | 'invite.accept'
  | 'invite.cancel'
  | 'member.invite'
  | 'member.remove'
  | 'member.role_change'
  | 'organization.create'
  | 'organization.plan_change'
  | 'organization.update'
  | 'repository.create'
  | 'repository.delete'
  | 'repository.update'
  | 'user.password_change'
  | 'user.sign_in'
  | 'user.sign_out'
  | 'user.sign_up'

export interface Activity {
  /** The organization or person it happened to. */
  readonly namespaceId: string
  readonly action: ActivityAction
  /** The name of what was acted on: a token's label, a repository's name, a username, the address of an invite. */
  readonly target: string
  readonly token?: { readonly id: string; readonly label: string }
  /** What changed, in words. Never a secret. */
  readonly data?: Readonly<Record<string, string>>
  /** Who did it, where that is not the caller: a person who signs in is not known before they have. */
  readonly actor?: ActivityActor
}

export interface ActivityActor {
  readonly kind: 'USER' | 'PERSONAL_TOKEN' | 'ORGANIZATION_TOKEN' | 'SYSTEM'
  readonly id: string | null
  readonly name: string
}

const maxUserAgentLength = 512

/** Adds an activity event to the transaction that `em` is in: if the event cannot be written, the act does not happen. */
export function recordActivity(call: Call, em: EntityManager, activity: Activity): void {
  const actor = activity.actor ?? actorOf(call.principal)
  em.create(ActivityEvent, {
    id: newId('evt', call.now),
    namespace: activity.namespaceId,
    at: call.now,
    action: activity.action,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    tokenId: activity.token?.id ?? null,
    tokenLabel: activity.token?.label ?? null,
    target: activity.target,
    ipAddress: call.origin.ipAddress,
    userAgent: call.origin.userAgent?.slice(0, maxUserAgentLength) ?? null,
    requestId: call.origin.requestId,
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
