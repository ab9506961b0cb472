import fastify from 'fastify'
import type { Plan } from '../../src/domain/model/plan.ts'
import { rowsOf } from './database.ts'
import { sessionHashOf } from './session.ts'
import { findToken, findTokens, type TokenOwner } from './tokens.ts'

/*
 * REST on Fastify with hand-written SQL. One prepared statement identifies the caller and checks that they own the
 * organization; another one reads the result. Each route returns what the GraphQL query of the same name returns as
 * `data`.
 */

interface OwnerRow extends TokenOwner {
  readonly owner: boolean
}

const ownershipOf = (organizationId: string) => `
  select o.id, o.name, o.plan, coalesce(m.role = 'OWNER', false) or c.user_id is not null as owner
  from session s
  join organization o on o.id = (${organizationId})
  left join membership m on m.organization_id = o.id and m.user_id = s.user_id
  left join company_owner c on c.company_id = o.company_id and c.user_id = s.user_id
  where s.secret_hash = $1 and s.expires_at > now()`
const ownershipByName = ownershipOf('select id from namespace where name = $2')
const ownershipByToken = ownershipOf('select namespace_id from access_token where id = $2')

const app = fastify()

class Denied extends Error {
  readonly statusCode: number

  constructor(statusCode: number) {
    super('rejected')
    this.statusCode = statusCode
  }
}

function hashOf(authorization: string | undefined): Buffer {
  const hash = sessionHashOf(authorization)
  if (hash === null) throw new Denied(401)
  return hash
}

function requireOwner(row: OwnerRow | undefined): OwnerRow {
  if (row?.owner !== true) throw new Denied(403)
  return row
}

async function ownedOrganization(authorization: string | undefined, name: string): Promise<OwnerRow> {
  const [row] = await rowsOf<OwnerRow>('owner by name', ownershipByName, [hashOf(authorization), name])
  return requireOwner(row)
}

app.get<{ Params: { name: string }; Querystring: { first: string } }>(
  '/organizations/:name/access-tokens',
  async ({ headers, params, query }) => {
    const owner = await ownedOrganization(headers.authorization, params.name)
    return { organization: { accessTokens: { nodes: await findTokens(owner, Number(query.first)) } } }
  },
)

app.get<{ Params: { id: string } }>('/access-tokens/:id', async ({ headers, params }) => {
  const values = [hashOf(headers.authorization), params.id]
  const [row] = await rowsOf<OwnerRow>('owner by token', ownershipByToken, values)
  return { accessToken: await findToken(requireOwner(row), params.id) }
})

app.get<{ Params: { name: string }; Querystring: { first: string } }>(
  '/organizations/:name/repositories',
  async ({ headers, params, query }) => {
    const owner = await ownedOrganization(headers.authorization, params.name)
    const nodes = await rowsOf(
      'repositories',
      `select id, $2 || '/' || path as name, description, visibility, created_at as "createdAt" from repository
       where namespace_id = $1 order by path limit $3`,
      [owner.id, owner.name, Number(query.first)],
    )
    return { organization: { repositories: { nodes } } }
  },
)

app.get<{ Params: { name: string }; Querystring: { first: string } }>(
  '/organizations/:name/members',
  async ({ headers, params, query }) => {
    const owner = await ownedOrganization(headers.authorization, params.name)
    const rows = await rowsOf<MemberRow>(
      'members',
      `select u.id, u.username, u.display_name as "displayName", m.role, m.joined_at as "joinedAt"
       from membership m join user_account u on u.id = m.user_id
       where m.organization_id = $1 order by u.username limit $2`,
      [owner.id, Number(query.first)],
    )
    const nodes = rows.map(({ role, joinedAt, ...user }) => ({ user, role, joinedAt }))
    return { organization: { members: { nodes } } }
  },
)

app.get<{ Params: { name: string }; Querystring: { first: string } }>(
  '/organizations/:name/activity',
  async ({ headers, params, query }) => {
    const owner = await ownedOrganization(headers.authorization, params.name)
    const rows = await rowsOf<EventRow>(
      'activity',
      `select e.id, e.at, e.action, e.actor_kind, e.actor_name, u.username, u.display_name, e.token_label as "tokenLabel",
         e.target, host(e.ip_address) as "ipAddress", e.user_agent as "userAgent", e.data
       from activity_event e
       left join user_account u on (e.actor_kind = 'USER' and u.id = e.actor_id)
         or (e.actor_kind = 'PERSONAL_TOKEN' and u.username = e.actor_name)
       where e.namespace_id = $1 order by e.id desc limit $2`,
      [owner.id, Number(query.first)],
    )
    return { organization: { activity: { nodes: rows.map(toEvent) } } }
  },
)

interface MemberRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly role: string
  readonly joinedAt: string
}

interface EventRow {
  readonly actor_kind: string
  readonly actor_name: string
  readonly username: string | null
  readonly display_name: string | null
  readonly data: Readonly<Record<string, string>>
}

function toEvent({
  actor_kind: kind,
  actor_name: name,
  username,
  display_name: displayName,
  data,
  ...event
}: EventRow) {
  const user = username === null ? null : { username, displayName }
  return { ...event, actor: { kind, name, user }, data: Object.entries(data).map(([key, value]) => ({ key, value })) }
}

interface ViewerRow {
  readonly id: string
  readonly username: string
  readonly user_display_name: string
  readonly email: string | null
  readonly organization_id: string | null
  readonly name: string
  readonly display_name: string
  readonly plan: Plan
  readonly role: string | null
}

app.get('/viewer', async ({ headers }) => {
  const rows = await rowsOf<ViewerRow>(
    'viewer',
    `select u.id, u.username, u.display_name as user_display_name, u.email,
       o.id as organization_id, o.name, o.display_name, o.plan,
       case when c.user_id is null then m.role else 'OWNER' end as role
     from session s
     join user_account u on u.id = s.user_id
     left join lateral (
       select organization_id from membership where user_id = u.id
       union
       select o.id from organization o join company_owner c on c.company_id = o.company_id where c.user_id = u.id
     ) held on true
     left join organization o on o.id = held.organization_id
     left join membership m on m.organization_id = o.id and m.user_id = u.id
     left join company_owner c on c.company_id = o.company_id and c.user_id = u.id
     where s.secret_hash = $1 and s.expires_at > now()
     order by o.name limit 20`,
    [hashOf(headers.authorization)],
  )
  const [user] = rows
  if (user === undefined) throw new Denied(401)
  return {
    viewer: {
      user: { id: user.id, username: user.username, displayName: user.user_display_name, email: user.email },
      organizations: {
        nodes: rows
          .filter((row) => row.organization_id !== null)
          .map((row) => ({
            id: row.organization_id,
            name: row.name,
            displayName: row.display_name,
            plan: row.plan,
            viewerRole: row.role,
          })),
      },
    },
  }
})

console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
