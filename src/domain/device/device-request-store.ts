import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { DeviceRequest } from '../model/device-request.ts'
import { Session } from '../model/session.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

/** A device that asks to be approved, as the person sees it who decides. The device says its own names. */
export interface DeviceRequestRow {
  readonly id: string
  readonly clientId: string
  readonly deviceName: string
  /** Where the device asked from. */
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp
}

/** A new request. The hashes are those of `hashSecret`. */
export interface NewDeviceRequest extends Omit<DeviceRequestRow, 'createdAt' | 'expiresAt'> {
  readonly deviceCodeHash: Buffer
  readonly userCodeHash: Buffer
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly intervalSeconds: number
}

/** Inserts a request. Returns false if another request has the user code. */
export async function insertDeviceRequest(em: EntityManager, request: NewDeviceRequest): Promise<boolean> {
  const inserted = await kysely(em)
    .insertInto('device_request')
    .values({
      id: request.id,
      device_code_hash: request.deviceCodeHash,
      user_code_hash: request.userCodeHash,
      client_id: request.clientId,
      device_name: request.deviceName,
      ip_address: request.ipAddress,
      user_agent: request.userAgent,
      created_at: request.createdAt.toISOString(),
      expires_at: request.expiresAt.toISOString(),
      interval_seconds: request.intervalSeconds,
    })
    .onConflict((conflict) => conflict.column('user_code_hash').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Which request of a user code is undecided, and has not expired at this moment. */
export interface OpenRequest {
  readonly userCodeHash: Buffer
  readonly now: Date
}

export async function findOpenDeviceRequest(em: EntityManager, open: OpenRequest): Promise<DeviceRequestRow | null> {
  return (await selectOpen(kysely(em), open).executeTakeFirst()) ?? null
}

/** As `findOpenDeviceRequest`; nobody else decides on it until the transaction that `em` is in ends. */
export async function lockOpenDeviceRequest(em: EntityManager, open: OpenRequest): Promise<DeviceRequestRow | null> {
  return (await selectOpen(kysely(em), open).forUpdate().executeTakeFirst()) ?? null
}

function selectOpen(db: Kysely<Tables>, { userCodeHash, now }: OpenRequest) {
  return db
    .selectFrom('device_request')
    .select([
      'id',
      'client_id as clientId',
      'device_name as deviceName',
      'ip_address as ipAddress',
      'user_agent as userAgent',
      'created_at as createdAt',
      'expires_at as expiresAt',
    ])
    .where('user_code_hash', '=', userCodeHash)
    .where('expires_at', '>', now.toISOString())
    .where('session_id', 'is', null)
    .where('denied_at', 'is', null)
}

/** Approves a request that is locked: its device will use this session. */
export async function updateApproved(em: EntityManager, id: string, sessionId: string): Promise<void> {
  await em.nativeUpdate(DeviceRequest, { id }, { session: sessionId })
}

export async function updateDenied(em: EntityManager, id: string, deniedAt: Date): Promise<void> {
  await em.nativeUpdate(DeviceRequest, { id }, { deniedAt })
}

/** A request as the device finds it. */
export interface PolledRequest {
  readonly id: string
  readonly deviceName: string
  readonly ipAddress: string | null
  readonly expiresAt: Timestamp
  readonly deniedAt: Timestamp | null
  /** Null: it is not approved, or the session has ended. */
  readonly sessionId: string | null
  readonly userId: string | null
  readonly username: string | null
  /** Whether the device came before the interval was over, although it had to wait. */
  readonly isEarly: boolean
}

// Clocks of instances differ a little, and timers of clients fire a little early.
const toleranceMs = 500

const slowerBySeconds = 5

// The row is locked before it is read, so that of two polls at once the second is early.
const poll = statement((db, value: ValueOf<{ hash: Buffer; clientId: string; at: string }>) =>
  sql<PolledRequest>`
    update device_request r set
      last_polled_at = ${value('at')}::timestamptz,
      interval_seconds = r.interval_seconds + case when found."isEarly" then ${sql.lit(slowerBySeconds)} else 0 end
    from (
      select q.id, s.user_id as "userId", u.username,
        q.session_id is null and q.denied_at is null and coalesce(q.last_polled_at
          + make_interval(secs => q.interval_seconds - ${sql.lit(toleranceMs / 1000)}::float8)
          > ${value('at')}::timestamptz, false) as "isEarly"
      from device_request q
      left join session s on s.id = q.session_id
      left join user_account u on u.id = s.user_id
      where q.device_code_hash = ${value('hash')} and q.client_id = ${value('clientId')}
      for update of q
    ) found
    where r.id = found.id
    returning r.id, r.device_name as "deviceName", r.ip_address as "ipAddress", r.expires_at as "expiresAt",
      r.denied_at as "deniedAt", r.session_id as "sessionId", found."userId", found.username, found."isEarly"`.compile(
    db,
  ),
)

/**
 * The request that a device code belongs to; null if there is none of this client. Keeps when the device came, and
 * grows the interval by 5 seconds if it came early (RFC 8628, section 3.5).
 */
export async function updatePolled(
  em: EntityManager,
  { deviceCodeHash, clientId, now }: { deviceCodeHash: Buffer; clientId: string; now: Date },
): Promise<PolledRequest | null> {
  const [polled] = await poll(em, { hash: deviceCodeHash, clientId, at: now.toISOString() })
  return polled ?? null
}

/**
 * Deletes a request whose device gets its token. Returns false if it was deleted before, and the device has its
 * token.
 */
export async function deleteApproved(em: EntityManager, id: string): Promise<boolean> {
  return (await em.nativeDelete(DeviceRequest, { id })) > 0
}

// A device that comes late is told that its code has expired, and not that there was none.
const keptMs = 3_600_000

/** Deletes expired requests, and the sessions of approved devices that never came for their token. */
export async function pruneDeviceRequests(em: EntityManager, now: Date): Promise<void> {
  const expiresAt = { $lt: new Date(now.getTime() - keptMs) }
  const unused = await em.find(DeviceRequest, { expiresAt, session: { $ne: null } }, { fields: ['session'] })
  await em.nativeDelete(Session, { id: { $in: unused.flatMap(({ session }) => session ?? []) } })
  await em.nativeDelete(DeviceRequest, { expiresAt })
}
