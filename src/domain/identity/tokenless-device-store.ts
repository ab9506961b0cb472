import { type EntityManager, LockMode } from '@mikro-orm/postgresql'
import { Session } from '../model/session.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** A device whose token was deleted, and whose session lives. */
export interface TokenlessDevice {
  readonly userId: string
  readonly username: string
}

const selectDevice = statement((db, value: ValueOf<{ hash: Buffer; at: string }>) =>
  db
    .selectFrom('session as s')
    .innerJoin('user_account as u', 'u.id', 's.user_id')
    .select(['u.id as userId', 'u.username'])
    .where('s.secret_hash', '=', value('hash'))
    .where('s.expires_at', '>', value('at'))
    .where('s.token_label', 'is not', null),
)

/** The device whose deleted token had a secret with this hash; null if there is none. */
export async function findTokenlessDevice(em: EntityManager, hash: Buffer, now: Date): Promise<TokenlessDevice | null> {
  const [device] = await selectDevice(em, { hash, at: now.toISOString() })
  return device ?? null
}

/** The session of that device, locked; null if it has ended, or if another request has created the token. */
export function lockTokenlessSession(em: EntityManager, secretHash: Buffer): Promise<Session | null> {
  return em.findOne(Session, { secretHash, tokenLabel: { $ne: null } }, { lockMode: LockMode.PESSIMISTIC_WRITE })
}
