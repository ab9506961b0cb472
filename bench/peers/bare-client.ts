import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Latencies } from '../load.ts'
import {
  emptyOrganizations,
  fullOrganizations,
  organizationName,
  secretHash,
  secretOf,
  tokenBrand,
  type World,
} from '../world/world.ts'

/*
 * pg clients without a server. They send the statements that Postern sends to generate a token, all of them prepared,
 * one after the other. The parent process sends the number of clients and of milliseconds, and receives the duration of
 * each token.
 */

const statements = {
  session: `
  select s.id, u.id as user_id, u.username, u.display_name, u.email, u.is_administrator, u.created_at, coalesce((
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'role', m.role, 'ownsCompany', c.user_id is not null))
    from (
      select organization_id from membership where user_id = u.id
      union
      select o.id from organization o join company_owner c on c.company_id = o.company_id where c.user_id = u.id
    ) held
    join organization o on o.id = held.organization_id
    left join membership m on m.organization_id = o.id and m.user_id = u.id
    left join company_owner c on c.company_id = o.company_id and c.user_id = u.id
  ), '[]') as standings
  from session s join user_account u on u.id = s.user_id where s.secret_hash = $1 and s.expires_at > $2`,
  organization: `
  select o.id, o.name, o.display_name, o.plan, o.created_at
  from namespace n join organization o on o.id = n.id where n.name = $1`,
  lock: 'select plan from organization where id = $1 for no key update',
  count: 'select count(*) from access_token where namespace_id = $1',
  insertToken: `
  insert into access_token
    (namespace_id, id, label, description, pull_limit, created_at, created_by_id, expires_at, deactivated_at)
  values ($1, $2, $3, $4, null, $5, $6, null, null)`,
  insertSecret: `
  insert into access_token_secret (namespace_id, token_id, id, hash, hint, created_at, expires_at, last_used_at)
  values ($1, $2, $3, $4, $5, $6, null, null)`,
  insertScopes: `
  insert into access_token_scope (namespace_id, token_id, position, kind, repository_id, permissions)
  values ($1, $2, 0, 'ALL_REPOSITORIES', null, $3), ($1, $2, 1, 'ORGANIZATION', null, $4)`,
  insertEvent: `
  insert into activity_event
    (namespace_id, id, at, action, actor_kind, actor_id, actor_name, token_id, token_label, target, ip_address,
     user_agent, request_id, data)
  values ($1, $2, $3, 'access_token.create', 'USER', $4, $5, $6, $7, $7, '127.0.0.1', null, $8, $9)`,
  token: `
  select t.id, t.label, t.description, t.pull_limit, t.created_at, t.created_by_id, t.expires_at, t.deactivated_at,
    o.id as organization_id, o.name, o.plan
  from access_token t join organization o on o.id = t.namespace_id where t.id = $1`,
  secrets: `
  select token_id, hint, created_at, expires_at, last_used_at from access_token_secret
  where token_id = any($1) order by token_id, id desc`,
  scopes: `
  select s.token_id, s.kind, s.repository_id, s.permissions, n.name, r.path
  from access_token_scope s join namespace n on n.id = s.namespace_id
  left join repository r on r.namespace_id = s.namespace_id and r.id = s.repository_id
  where s.token_id = any($1) order by s.token_id, s.position`,
}

async function generateToken(client: pg.Client, owner: number): Promise<void> {
  const rowOf = async (name: keyof typeof statements, values: unknown[]): Promise<Record<string, string>> => {
    const { rows } = await client.query({ name, text: statements[name], values })
    return rows[0] ?? {}
  }
  const now = new Date()
  const user = await rowOf('session', [secretHash(secretOf('ses', owner)), now])
  const { id: namespace, name } = await rowOf('organization', [organizationName(owner)])
  const secret = mintSecret(tokenBrand, 'oat')
  const id = newId('tok', now)

  await client.query('begin')
  await rowOf('lock', [namespace])
  await rowOf('count', [namespace])
  await rowOf('insertToken', [namespace, id, 'ci', 'Builds and pushes the API', now, user.user_id])
  const hash = secretHash(secret.reveal())
  await rowOf('insertSecret', [namespace, id, newId('sec', now), hash, secret.hint, now])
  await rowOf('insertScopes', [namespace, id, ['IMAGE_PUSH'], ['REPOSITORY_CREATE']])
  const data = { expiresAt: 'never', scopes: `${name}/* ${name}` }
  const about = [user.user_id, user.username, id, 'ci', randomUUID(), data]
  await rowOf('insertEvent', [namespace, newId('evt', now), now, ...about])
  await client.query('commit')

  await rowOf('token', [id])
  await Promise.all([rowOf('secrets', [[id]]), rowOf('scopes', [[id]])])
}

const world: World = JSON.parse(process.env.WORLD ?? '')
const clients: pg.Client[] = []
let turn = 0

async function run(connections: number, durationMs: number): Promise<Latencies> {
  while (clients.length < connections) {
    const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
    await client.connect()
    clients.push(client)
  }
  const latencies: Latencies = []
  const end = performance.now() + durationMs
  await Promise.all(
    clients.map(async (client) => {
      for (let startedAt = performance.now(); startedAt < end; ) {
        await generateToken(client, fullOrganizations(world) + (turn++ % emptyOrganizations))
        const now = performance.now()
        latencies.push(now - startedAt)
        startedAt = now
      }
    }),
  )
  return latencies
}

process.on('message', async (message) => {
  if (typeof message !== 'string' || !message.startsWith('run ')) return
  const [connections = 1, durationMs = 0] = message.slice('run '.length).split(' ').map(Number)
  process.send?.(await run(connections, durationMs))
})
// Without this timer, the process would exit before the first run.
process.channel?.ref()
console.log('ready')
