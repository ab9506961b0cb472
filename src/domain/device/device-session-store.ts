import type { EntityManager } from '@mikro-orm/postgresql'
import { Session } from '../model/session.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { kysely } from '../sql/tables.ts'

/** A device that is signed in, and its token. */
export interface DeviceRow {
  readonly sessionId: string
  readonly deviceName: string | null
  /** Null: it was deleted, or the device has not come for it. */
  readonly tokenId: string | null
  readonly label: string | null
}

/** The devices of a person, oldest first, locked until the transaction that `em` is in ends. */
export function lockDevices(em: EntityManager, userId: string): Promise<DeviceRow[]> {
  return kysely(em)
    .selectFrom('session as s')
    .leftJoin('access_token as t', 't.session_id', 's.id')
    .select(['s.id as sessionId', 's.device_name as deviceName', 't.id as tokenId', 't.label'])
    .where('s.user_id', '=', userId)
    .where('s.device_name', 'is not', null)
    .orderBy('s.id')
    .forUpdate('s')
    .execute()
}

/** The session of an approved device, locked; null if it has ended. */
export function lockDeviceSession(em: EntityManager, id: string): Promise<Session | null> {
  return lockEntity(em, Session, 'ses', id)
}
