import type { EntityManager } from '@mikro-orm/postgresql'
import { insertMembership } from '../account/membership-store.ts'
import { type StartedSession, startSession } from '../account/start-session.ts'
import { type ActivityActor, recordActivity } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type ConfiguredProvider, lockProvider } from './sso-provider-store.ts'
import { throwSsoSignInFailed } from './throw-provider-failed.ts'

/** An account that a person signs in to. */
export interface SignInAccount {
  readonly id: string
  readonly username: string
}

/**
 * Starts the session in the transaction that links or creates the account, and adds the person to the organization. The
 * provider is locked, because it may have been replaced or removed since it was connected to.
 */
export function finishSignIn(
  context: RequestContext,
  provider: ConfiguredProvider,
  accountIn: (em: EntityManager) => Promise<SignInAccount>,
): Promise<StartedSession> {
  return context.em.transactional(async (em) => {
    if (!(await lockProvider(em, provider))) throwSsoSignInFailed(['input'])
    const user = await accountIn(em)
    await em.flush()
    // The person's event is before the organization's, as in `recordActivities`.
    recordUserEvent(context, em, provider, 'user.sign_in', user)
    await joinOrganization(context, em, provider, user)
    return startSession(context, em, user.id)
  })
}

async function joinOrganization(
  context: RequestContext,
  em: EntityManager,
  { organizationId, organizationName }: ConfiguredProvider,
  user: SignInAccount,
): Promise<void> {
  const membership = { organizationId, userId: user.id, role: 'MEMBER', joinedAt: context.now } as const
  if (!(await insertMembership(em, membership))) return
  recordActivity(context, em, {
    namespaceId: organizationId,
    action: 'organization.sso_join',
    target: user.username,
    data: { role: 'MEMBER', through: organizationName },
    actor: actorOf(user),
  })
}

/** Records an event of an account that a sign-in through a provider caused. */
export function recordUserEvent(
  context: RequestContext,
  em: EntityManager,
  { organizationName }: ConfiguredProvider,
  action: ActivityAction,
  user: SignInAccount,
): void {
  const data = { through: organizationName }
  recordActivity(context, em, { namespaceId: user.id, action, target: user.username, data, actor: actorOf(user) })
}

function actorOf({ id, username }: SignInAccount): ActivityActor {
  return { kind: 'USER', id, name: username }
}
