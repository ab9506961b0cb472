import type { EntityManager } from '@mikro-orm/postgresql'
import { insertMembership } from '../account/membership-store.ts'
import { type StartedSession, startSession } from '../account/start-session.ts'
import { type ActivityActor, recordActivity } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { kysely } from '../sql/tables.ts'
import type { ConfiguredProvider } from './find-sso-provider.ts'
import { throwSsoSignInFailed } from './throw-provider-failed.ts'

/** An account as a sign-in needs it. */
export interface Entering {
  readonly id: string
  readonly username: string
}

/** Starts the session, in the transaction that links or makes the account, and makes it a member where it is none. */
export function finishSignIn(
  context: RequestContext,
  provider: ConfiguredProvider,
  accountIn: (em: EntityManager) => Promise<Entering>,
): Promise<StartedSession> {
  return context.em.transactional(async (em) => {
    await lockProvider(em, provider)
    const user = await accountIn(em)
    await em.flush()
    // The person's event before the organization's, as wherever both are recorded (`recordActivities`).
    recordUserEvent(context, em, provider, 'user.sign_in', user)
    await joinOrganization(context, em, provider, user)
    return startSession(context, em, user.id)
  })
}

/** The provider may have been replaced or removed while it was asked. From here on that waits for this transaction. */
async function lockProvider(em: EntityManager, provider: ConfiguredProvider): Promise<void> {
  const unchanged = await kysely(em)
    .selectFrom('sso_provider')
    .select('organization_id')
    .where('organization_id', '=', provider.organizationId)
    .where('encrypted_client_secret', '=', provider.encryptedClientSecret)
    .forShare()
    .executeTakeFirst()
  if (unchanged === undefined) throwSsoSignInFailed(['input'])
}

async function joinOrganization(
  context: RequestContext,
  em: EntityManager,
  { organizationId, organizationName }: ConfiguredProvider,
  user: Entering,
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

/** Records what happened to an account through a provider. */
export function recordUserEvent(
  context: RequestContext,
  em: EntityManager,
  { organizationName }: ConfiguredProvider,
  action: ActivityAction,
  user: Entering,
): void {
  const data = { through: organizationName }
  recordActivity(context, em, { namespaceId: user.id, action, target: user.username, data, actor: actorOf(user) })
}

function actorOf({ id, username }: Entering): ActivityActor {
  return { kind: 'USER', id, name: username }
}
