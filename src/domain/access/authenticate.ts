import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { OrganizationRole } from '../account/membership.ts'
import { hashSecret } from '../deployment/secret-key.ts'
import { Denied } from '../errors.ts'
import { sqlOf } from '../tables.ts'
import type { Permission } from '../token/permission.ts'
import { type ScopeKind, scopePath } from '../token/scope.ts'
import { type PlainSecret, recognizeSecret } from '../token/token-secret.ts'
import type { OrganizationTokenPrincipal, Principal, SessionPrincipal } from './principal.ts'

/** What authentication reads besides the secret itself. */
export interface AuthenticationSettings {
  readonly tokenBrand: string
  readonly tokenHashKey: Buffer
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

interface StandingRow {
  readonly id: string
  readonly name: string
  readonly role: OrganizationRole | null
  readonly ownsCompany: boolean
}

async function findSession(em: EntityManager, hash: Buffer, now: Date): Promise<SessionPrincipal | null> {
  const row = await sqlOf(em)
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
      // Memberships, and organizations of owned companies; one who is both has one row.
      sql<StandingRow[]>`coalesce((
        select json_agg(json_build_object('id', o.id, 'name', o.name, 'role', m.role, 'ownsCompany', c.user_id is not null))
        from (
          select organization_id from membership where user_id = u.id
          union
          select o.id from organization o join company_owner c on c.company_id = o.company_id where c.user_id = u.id
        ) held
        join organization o on o.id = held.organization_id
        left join membership m on m.organization_id = o.id and m.user_id = u.id
        left join company_owner c on c.company_id = o.company_id and c.user_id = u.id
      ), '[]')`.as('standings'),
    ])
    .where('s.secret_hash', '=', hash)
    .where('s.expires_at', '>', now.toISOString())
    .executeTakeFirst()
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
    standings: new Map(
      row.standings.map(({ id, name, role, ownsCompany }) => [
        id,
        { organizationId: id, organizationName: name, role, ownsCompany },
      ]),
    ),
  }
}

interface ScopeRow {
  readonly kind: ScopeKind
  readonly repositoryId: string | null
  readonly repositoryPath: string | null
  readonly permissions: Permission[]
}

async function findOrganizationToken(
  em: EntityManager,
  hash: Buffer,
  now: Date,
): Promise<OrganizationTokenPrincipal | null> {
  const at = now.toISOString()
  const row = await sqlOf(em)
    .selectFrom('access_token_secret as s')
    .innerJoin('access_token as t', (join) =>
      join.onRef('t.namespace_id', '=', 's.namespace_id').onRef('t.id', '=', 's.token_id'),
    )
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select([
      's.id as secret_id',
      's.last_used_at',
      't.id as token_id',
      't.label',
      't.pull_limit',
      'o.id as organization_id',
      'o.name as organization_name',
      'o.plan',
      sql<ScopeRow[]>`coalesce((
        select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path,
          'permissions', c.permissions) order by c.position)
        from access_token_scope c
        left join repository r on r.namespace_id = c.namespace_id and r.id = c.repository_id
        where c.namespace_id = t.namespace_id and c.token_id = t.id
      ), '[]')`.as('scopes'),
    ])
    .where('s.hash', '=', hash)
    .where((where) => where.or([where('s.expires_at', 'is', null), where('s.expires_at', '>', at)]))
    .where('t.deactivated_at', 'is', null)
    .where((where) => where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', at)]))
    .executeTakeFirst()
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
    scopes: row.scopes.map((scope) => ({
      kind: scope.kind,
      repositoryId: scope.repositoryId,
      path: scopePath(scope.kind, row.organization_name, scope.repositoryPath),
      permissions: scope.permissions,
    })),
  }
}
