import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { OrganizationAccess, Person, SessionPrincipal } from '../policy/principal.ts'
import { toTimestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** `createdAt` is as PostgreSQL writes it. */
type OrganizationJson = OrganizationRow
type MembershipJson = OrganizationJson & { readonly role: OrganizationRole }

const organizationJson = sql`'id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan,
  'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days,
  'allowTokenReactivation', o.allow_token_reactivation,
  'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced,
  'emailNotices', o.email_notices`

/** People with their access to organizations: the columns that `toPerson` reads. */
export function selectPeople(db: Kysely<Tables>) {
  return db.selectFrom('user_account as u').select([
    'u.id',
    'u.username',
    'u.display_name',
    'u.email',
    'u.is_administrator',
    'u.created_at',
    sql<readonly MembershipJson[] | null>`(
        select json_agg(json_build_object(${organizationJson}, 'role', m.role))
        from membership m join organization o on o.id = m.organization_id where m.user_id = u.id
      )`.as('memberships'),
    sql<readonly OrganizationJson[] | null>`(
        select json_agg(json_build_object(${organizationJson}))
        from company_owner c join organization o on o.company_id = c.company_id where c.user_id = u.id
      )`.as('owned'),
  ])
}

type PersonRow = Awaited<ReturnType<ReturnType<typeof selectPeople>['executeTakeFirstOrThrow']>>

/** The person in a row of `selectPeople`. */
export function toPerson(row: PersonRow): Person {
  return {
    user: {
      id: row.id,
      username: row.username,
      displayName: row.display_name,
      email: row.email,
      isAdministrator: row.is_administrator,
      createdAt: row.created_at,
    },
    organizationAccess: toOrganizationAccess(row.memberships ?? [], row.owned ?? []),
  }
}

/** A member who also owns the company has one entry. */
function toOrganizationAccess(
  memberships: readonly MembershipJson[],
  owned: readonly OrganizationJson[],
): ReadonlyMap<string, OrganizationAccess> {
  const organizationAccess = new Map<string, OrganizationAccess>()
  for (const { role, ...organization } of memberships)
    organizationAccess.set(organization.id, { organization: toOrganization(organization), role, ownsCompany: false })
  for (const organization of owned) {
    const role = organizationAccess.get(organization.id)?.role ?? null
    organizationAccess.set(organization.id, { organization: toOrganization(organization), role, ownsCompany: true })
  }
  return organizationAccess
}

function toOrganization(json: OrganizationJson): OrganizationRow {
  return { ...json, createdAt: toTimestamp(json.createdAt) }
}

const selectSession = statement((db, value: ValueOf<{ hash: Buffer; at: string }>) =>
  selectPeople(db)
    .innerJoin('session as s', 's.user_id', 'u.id')
    .select('s.id as session_id')
    .where('s.secret_hash', '=', value('hash'))
    .where('s.expires_at', '>', value('at'))
    .where('s.device_name', 'is', null),
)

/** The session whose secret has this hash; null if it is unknown or has ended. */
export async function findSession(em: EntityManager, hash: Buffer, now: Date): Promise<SessionPrincipal | null> {
  const [row] = await selectSession(em, { hash, at: now.toISOString() })
  return row === undefined ? null : { kind: 'SESSION', sessionId: row.session_id, ...toPerson(row) }
}

const selectById = statement((db, value: ValueOf<{ id: string }>) => selectPeople(db).where('u.id', '=', value('id')))

/** The person with that id; null if nobody has it. */
export async function findPerson(em: EntityManager, id: string): Promise<Person | null> {
  const [row] = await selectById(em, { id })
  return row === undefined ? null : toPerson(row)
}

const selectByName = statement((db, value: ValueOf<{ username: string }>) =>
  selectPeople(db).select('u.password_hash').where('u.username', '=', value('username')),
)

/** The person with that username, and the hash of their password; null if nobody has it. */
export async function findPersonWithPassword(
  em: EntityManager,
  username: string,
): Promise<{ readonly person: Person; readonly passwordHash: string } | null> {
  const [row] = await selectByName(em, { username })
  return row === undefined ? null : { person: toPerson(row), passwordHash: row.password_hash }
}
