import type { EntityManager } from '@mikro-orm/postgresql'
import { kysely } from '../sql/tables.ts'

/** A device of a person that is signed in, with its token. */
export interface Device {
  readonly sessionId: string
  readonly deviceName: string | null
  readonly token: { readonly id: string; readonly label: string }
}

/** Locks the sessions of a person's devices until the transaction ends. Returns the devices, oldest first. */
export async function lockDevices(em: EntityManager, userId: string): Promise<Device[]> {
  const rows = await kysely(em)
    .selectFrom('session as s')
    .innerJoin('access_token as t', 't.session_id', 's.id')
    .select(['s.id as sessionId', 's.device_name as deviceName', 't.id', 't.label'])
    .where('s.user_id', '=', userId)
    .orderBy('s.id')
    .forUpdate('s')
    .execute()
  return rows.map(({ id, label, ...device }) => ({ ...device, token: { id, label } }))
}

/** Locks the session of a person's token, if a device created it. */
export async function lockSessionOfToken(em: EntityManager, userId: string, tokenId: string): Promise<void> {
  await kysely(em)
    .selectFrom('session')
    .select('id')
    .where('id', '=', (where) =>
      where
        .selectFrom('access_token')
        .select('session_id')
        .where('namespace_id', '=', userId)
        .where('id', '=', tokenId),
    )
    .forUpdate()
    .execute()
}
