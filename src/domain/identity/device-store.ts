import { type EntityManager, LockMode } from '@mikro-orm/postgresql'
import { Session } from '../model/session.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** The person whose device it is. */
export interface DeviceOwner {
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
    .where('s.device_name', 'is not', null),
)

/**
 * The owner of the device whose token has or had a secret with this hash, if its session lives; otherwise null. Another
 * request may have created the token again since the caller looked for it.
 */
export async function findDeviceOwner(em: EntityManager, hash: Buffer, now: Date): Promise<DeviceOwner | null> {
  const [device] = await selectDevice(em, { hash, at: now.toISOString() })
  return device ?? null
}

/** The session of a device without a token, locked; null if it has ended, or has its token again. */
export function lockTokenlessSession(em: EntityManager, secretHash: Buffer): Promise<Session | null> {
  return em.findOne(Session, { secretHash, tokenLabel: { $ne: null } }, { lockMode: LockMode.PESSIMISTIC_WRITE })
}
