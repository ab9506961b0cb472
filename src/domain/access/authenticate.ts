import type { KeyObject } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { OrganizationRole } from '../account/membership.ts'
import type { OrganizationRow } from '../account/organization.ts'
import { hashSecret } from '../deployment/secret-key.ts'
import { Denied } from '../errors.ts'
import { statement, type ValueOf } from '../statement.ts'
import { toTimestamp } from '../timestamp.ts'
import { aggregateScopes, toScopes } from '../token/find-scopes.ts'
import { type PlainSecret, recognizeSecret } from '../token/token-secret.ts'
import type { OrganizationTokenPrincipal, Principal, SessionPrincipal, Standing } from './principal.ts'

/** What authentication reads besides the secret itself. */
export interface AuthenticationSettings {
  readonly tokenBrand: string
  readonly tokenHashKey: KeyObject
}

/**
 * The principal behind a bearer secret: a session or an access token, whichever the secret says it is. What is no
 * well-formed secret of ours is refused without asking the database.
 *
 * Throws `Denied` (UNAUTHENTICATED), with one answer for every reason.
 */
export async function authenticateBearer(
  em: EntityManager,
  bearer: string,
  settings: AuthenticationSettings,
  now: Date,
): Promise<Principal> {
  const secret = recognizeSecret(settings.tokenBrand, bearer)
  const principal = secret === null ? null : await findPrincipal(em, secret, settings, now)
  if (principal !== null) return principal
  throw new Denied(
    'UNAUTHENTICATED',
    'This session or access token is unknown, ended, inactive, expired or deleted. Sign in again, or use an active token.',
  )
}

/** The principal behind a well-formed secret; null when it is unknown, ended, inactive or expired. */
export function findPrincipal(
  em: EntityManager,
  secret: PlainSecret,
  settings: AuthenticationSettings,
  now: Date,
): Promise<Principal | null> {
  const hash = hashSecret(secret.reveal(), settings.tokenHashKey)
  switch (secret.kind) {
    case 'ses':
      return findSession(em, hash, now)
    case 'oat':
      return findOrganizationToken(em, hash, now)
    case 'pat':
      return Promise.resolve(null)
  }
}

/** `createdAt` is as PostgreSQL writes it. */
type OrganizationJson = OrganizationRow
type MembershipJson = OrganizationJson & { readonly role: OrganizationRole }

const selectSession = statement((db, value: ValueOf<{ hash: Buffer; at: string }>) =>
  db
    .selectFrom('session as s')
    .innerJoin('user_account as u', 'u.id', 's.user_id')
    .select([
      's.id as session_id',
      'u.id',
      'u.username',
      'u.display_name',
      'u.email',
      'u.is_administrator',
      'u.created_at',
      sql<readonly MembershipJson[] | null>`(
        select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan,
          'createdAt', o.created_at::text, 'role', m.role))
        from membership m join organization o on o.id = m.organization_id where m.user_id = u.id
      )`.as('memberships'),
      sql<readonly OrganizationJson[] | null>`(
        select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan,
          'createdAt', o.created_at::text))
        from company_owner c join organization o on o.company_id = c.company_id where c.user_id = u.id
      )`.as('owned'),
    ])
    .where('s.secret_hash', '=', value('hash'))
    .where('s.expires_at', '>', value('at')),
)

/** One who is a member and owns the company, too, has one standing. */
function toStandings(
  memberships: readonly MembershipJson[],
  owned: readonly OrganizationJson[],
): ReadonlyMap<string, Standing> {
  const standings = new Map<string, Standing>()
  for (const { role, ...organization } of memberships)
    standings.set(organization.id, { organization: toOrganization(organization), role, ownsCompany: false })
  for (const organization of owned) {
    const role = standings.get(organization.id)?.role ?? null
    standings.set(organization.id, { organization: toOrganization(organization), role, ownsCompany: true })
  }
  return standings
}

function toOrganization(json: OrganizationJson): OrganizationRow {
  return { ...json, createdAt: toTimestamp(json.createdAt) }
}

async function findSession(em: EntityManager, hash: Buffer, now: Date): Promise<SessionPrincipal | null> {
  const [row] = await selectSession(em, { hash, at: now.toISOString() })
  if (row === undefined) return null
  return {
    kind: 'SESSION',
    sessionId: row.session_id,
    user: {
      id: row.id,
      username: row.username,
      displayName: row.display_name,
      email: row.email,
      isAdministrator: row.is_administrator,
      createdAt: row.created_at,
    },
    standings: toStandings(row.memberships ?? [], row.owned ?? []),
  }
}

const selectOrganizationTokens = statement((db, value: ValueOf<{ hashes: readonly Buffer[]; at: string }>) =>
  db
    .selectFrom('access_token_secret as s')
    .innerJoin('access_token as t', (join) =>
      join.onRef('t.namespace_id', '=', 's.namespace_id').onRef('t.id', '=', 's.token_id'),
    )
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select([
      's.hash',
      's.id as secret_id',
      's.last_used_at',
      't.id as token_id',
      't.label',
      't.pull_limit',
      'o.id as organization_id',
      'o.name as organization_name',
      'o.plan',
      aggregateScopes,
    ])
    .where('s.hash', '=', sql<Buffer>`any(${value('hashes')})`)
    .where((where) => where.or([where('s.expires_at', 'is', null), where('s.expires_at', '>', value('at'))]))
    .where('t.deactivated_at', 'is', null)
    .where((where) => where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', value('at'))])),
)

async function findOrganizationToken(
  em: EntityManager,
  hash: Buffer,
  now: Date,
): Promise<OrganizationTokenPrincipal | null> {
  const [principal] = await findOrganizationTokens(em, [hash], now)
  return principal ?? null
}

/** The organization tokens with secrets of these hashes, null for those that cannot be used. One statement. */
export async function findOrganizationTokens(
  em: EntityManager,
  hashes: readonly Buffer[],
  now: Date,
): Promise<Array<OrganizationTokenPrincipal | null>> {
  const rows = await selectOrganizationTokens(em, { hashes, at: now.toISOString() })
  const byHash = new Map(rows.map((row) => [row.hash.toString('latin1'), row]))
  return hashes.map((hash) => {
    const row = byHash.get(hash.toString('latin1'))
    if (row === undefined) return null
    return {
      kind: 'ORGANIZATION_TOKEN',
      token: {
        id: row.token_id,
        label: row.label,
        secretId: row.secret_id,
        pullLimit: row.pull_limit,
        everUsed: row.last_used_at !== null,
      },
      organization: { id: row.organization_id, name: row.organization_name, plan: row.plan },
      scopes: toScopes(row.scopes ?? [], row.organization_name),
    }
  })
}
