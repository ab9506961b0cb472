import type { EntityManager } from '@mikro-orm/postgresql'
import { type StartedSession, startSession } from '../account/start-session.ts'
import { type ActivityActor, recordActivity } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { Call } from '../policy/call.ts'
import { sqlOf } from '../sql/tables.ts'
import type { ConfiguredProvider } from './find-sso-provider.ts'
import { refuseSsoSignIn } from './refuse-failed.ts'

/** An account as a sign-in needs it. */
export interface Entering {
  readonly id: string
  readonly username: string
}

/** Starts the session, in the transaction that links or makes the account, and makes it a member where it is none. */
export function enter(
  call: Call,
  provider: ConfiguredProvider,
  accountIn: (em: EntityManager) => Promise<Entering>,
): Promise<StartedSession> {
  return call.em.transactional(async (em) => {
    await holdProvider(em, provider)
    const user = await accountIn(em)
    await em.flush()
    // The person's event before the organization's, as wherever both are recorded (`recordActivities`).
    recordOwn(call, em, provider, 'user.sign_in', user)
    await joinOrganization(call, em, provider, user)
    return startSession(call, em, user.id)
  })
}

/** The provider may have been replaced or removed while it was asked. From here on that waits for this transaction. */
async function holdProvider(em: EntityManager, provider: ConfiguredProvider): Promise<void> {
  const unchanged = await sqlOf(em)
    .selectFrom('sso_provider')
    .select('organization_id')
    .where('organization_id', '=', provider.organizationId)
    .where('encrypted_client_secret', '=', provider.encryptedClientSecret)
    .forShare()
    .executeTakeFirst()
  if (unchanged === undefined) refuseSsoSignIn(['input'])
}

async function joinOrganization(
  call: Call,
  em: EntityManager,
  { organizationId, organizationName }: ConfiguredProvider,
  user: Entering,
): Promise<void> {
  const joined = await sqlOf(em)
    .insertInto('membership')
    .values({ organization_id: organizationId, user_id: user.id, role: 'MEMBER', joined_at: call.now.toISOString() })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst()
  if (joined === undefined) return
  recordActivity(call, em, {
    namespaceId: organizationId,
    action: 'organization.sso_join',
    target: user.username,
    data: { role: 'MEMBER', through: organizationName },
    actor: actorOf(user),
  })
}

/** Records what happened to an account through a provider. */
export function recordOwn(
  call: Call,
  em: EntityManager,
  { organizationName }: ConfiguredProvider,
  action: ActivityAction,
  user: Entering,
): void {
  const data = { through: organizationName }
  recordActivity(call, em, { namespaceId: user.id, action, target: user.username, data, actor: actorOf(user) })
}

function actorOf({ id, username }: Entering): ActivityActor {
  return { kind: 'USER', id, name: username }
}
