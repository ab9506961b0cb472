import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statusOf } from '../model/access-token.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { PlanLimits, PlanTable } from '../model/plan.ts'
import type { OrganizationTokenPrincipal, PersonalTokenPrincipal, UsedToken } from '../policy/principal.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { selectPeople, toPerson } from './person-store.ts'
import { aggregateScopes, toScopes } from './scope-store.ts'

/** A token that exists, found by a secret that is not accepted, and why. */
export interface UnusableToken {
  readonly kind: 'UNUSABLE_TOKEN'
  readonly reason: 'TOKEN_INACTIVE' | 'TOKEN_SUSPENDED' | 'TOKEN_EXPIRED' | 'ROTATED_SECRET'
  /** The organization or person whose token it is. */
  readonly namespaceId: string
  readonly token: { readonly id: string; readonly label: string }
  readonly secret: {
    readonly id: string
    readonly hint: string
    /** When it ends or has ended because of a rotation. Null: it is the newest. */
    readonly endsAt: Timestamp | null
    /** When it was last known to be tried after its end. Null: never. */
    readonly refusedAt: Timestamp | null
  }
}

const secretColumns = [
  sql<Buffer>`s.hash`.as('hash'),
  sql<string>`s.id`.as('secret_id'),
  sql<string>`s.hint`.as('hint'),
  sql<Timestamp | null>`s.expires_at`.as('expires_at'),
  sql<Timestamp | null>`s.last_used_at`.as('last_used_at'),
  sql<Timestamp | null>`s.refused_at`.as('refused_at'),
  sql<Timestamp | null>`t.deactivated_at`.as('deactivated_at'),
  sql<Timestamp | null>`t.expires_at`.as('token_expires_at'),
  sql<string>`t.namespace_id`.as('namespace_id'),
  sql<string>`t.id`.as('token_id'),
  sql<string>`t.label`.as('label'),
  aggregateScopes,
] as const

/** The columns of `access_token_secret as s` and `access_token as t` that every lookup by hash selects. */
interface SecretColumns {
  readonly hash: Buffer
  readonly secret_id: string
  readonly hint: string
  readonly expires_at: Timestamp | null
  readonly last_used_at: Timestamp | null
  readonly refused_at: Timestamp | null
  readonly deactivated_at: Timestamp | null
  readonly token_expires_at: Timestamp | null
  readonly namespace_id: string
  readonly token_id: string
  readonly label: string
}

interface Hashes {
  readonly hashes: readonly Buffer[]
}

const selectOrganizationTokens = statement((db, value: ValueOf<Hashes>) =>
  db
    .selectFrom('access_token_secret as s')
    .innerJoin('access_token as t', (join) =>
      join.onRef('t.namespace_id', '=', 's.namespace_id').onRef('t.id', '=', 's.token_id'),
    )
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select(secretColumns)
    .select(['t.pull_limit', 'o.id as organization_id', 'o.name as organization_name', 'o.plan'])
    .where('s.hash', '=', sql<Buffer>`any(${value('hashes')})`),
)

/**
 * The organization tokens with secrets of these hashes, in the order of the hashes. Null: no token has this secret. One
 * statement. `plans` decides which tokens are suspended.
 */
export async function findOrganizationTokens(
  em: EntityManager,
  hashes: readonly Buffer[],
  plans: PlanTable,
  now: Date,
): Promise<Array<OrganizationTokenPrincipal | UnusableToken | null>> {
  const rows = await selectOrganizationTokens(em, { hashes })
  const unusable = (row: (typeof rows)[number]) => toUnusableToken(row, plans[row.plan], now)
  return inOrder(hashes, rows, unusable, (row) => ({
    kind: 'ORGANIZATION_TOKEN',
    token: { ...toUsedToken(row), pullLimit: row.pull_limit },
    organization: { id: row.organization_id, name: row.organization_name, plan: row.plan },
    scopes: toScopes(row.scopes ?? [], row.organization_name),
  }))
}

const selectPersonalTokens = statement((db, value: ValueOf<Hashes>) =>
  selectPeople(db)
    .innerJoin('access_token as t', 't.namespace_id', 'u.id')
    .innerJoin('access_token_secret as s', (join) =>
      join.onRef('s.namespace_id', '=', 't.namespace_id').onRef('s.token_id', '=', 't.id'),
    )
    .select(secretColumns)
    .select([sql<PersonalAccess>`t.access`.as('access'), 't.session_id'])
    .where('s.hash', '=', sql<Buffer>`any(${value('hashes')})`),
)

/** As `findOrganizationTokens`, for personal tokens. */
export async function findPersonalTokens(
  em: EntityManager,
  hashes: readonly Buffer[],
  now: Date,
): Promise<Array<PersonalTokenPrincipal | UnusableToken | null>> {
  const rows = await selectPersonalTokens(em, { hashes })
  const unusable = (row: (typeof rows)[number]) => toUnusableToken(row, null, now)
  return inOrder(hashes, rows, unusable, (row) => ({
    kind: 'PERSONAL_TOKEN',
    token: { ...toUsedToken(row), access: row.access, sessionId: row.session_id },
    ...toPerson(row),
    scopes: toScopes(row.scopes ?? [], row.username),
  }))
}

function inOrder<Row extends SecretColumns, Found>(
  hashes: readonly Buffer[],
  rows: readonly Row[],
  toUnusable: (row: Row) => UnusableToken | null,
  toPrincipal: (row: Row) => Found,
): Array<Found | UnusableToken | null> {
  const byHash = new Map(rows.map((row) => [row.hash.toString('latin1'), row]))
  return hashes.map((hash) => {
    const row = byHash.get(hash.toString('latin1'))
    return row === undefined ? null : (toUnusable(row) ?? toPrincipal(row))
  })
}

function toUsedToken(row: SecretColumns): UsedToken {
  return { id: row.token_id, label: row.label, secretId: row.secret_id, everUsed: row.last_used_at !== null }
}

/** Null: the secret is accepted. */
function toUnusableToken(row: SecretColumns, plan: PlanLimits | null, now: Date): UnusableToken | null {
  const reason = reasonOf(row, plan, now)
  if (reason === null) return null
  return {
    kind: 'UNUSABLE_TOKEN',
    reason,
    namespaceId: row.namespace_id,
    token: { id: row.token_id, label: row.label },
    secret: { id: row.secret_id, hint: row.hint, endsAt: row.expires_at, refusedAt: row.refused_at },
  }
}

function reasonOf(row: SecretColumns, plan: PlanLimits | null, now: Date): UnusableToken['reason'] | null {
  switch (statusOf({ expiresAt: row.token_expires_at, deactivatedAt: row.deactivated_at }, plan, now)) {
    case 'EXPIRED':
      return 'TOKEN_EXPIRED'
    case 'INACTIVE':
      return 'TOKEN_INACTIVE'
    case 'SUSPENDED':
      return 'TOKEN_SUSPENDED'
    case 'ACTIVE':
      return row.expires_at !== null && new Date(row.expires_at) <= now ? 'ROTATED_SECRET' : null
  }
}
