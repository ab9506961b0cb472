import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import fastify from 'fastify'
import { recognizeSecret } from '../../src/domain/secrets/token-secret.ts'
import { secretHash, tokenBrand } from '../world/world.ts'
import { rowsOf } from './database.ts'

/*
 * The least that a registry's token server can do: it recognizes the token, looks it up in one prepared statement,
 * compares its scopes with the requested ones, and signs. It creates no repositories, counts no pulls and records no
 * uses.
 */

const lifetimeSeconds = 60
const actionsBy: Readonly<Record<string, readonly string[]>> = {
  IMAGE_PULL: ['pull'],
  IMAGE_PUSH: ['pull', 'push'],
  IMAGE_DELETE: ['pull', 'push', 'delete'],
}

interface TokenRow {
  readonly id: string
  readonly name: string
  readonly scopes: ReadonlyArray<{ readonly path: string | null; readonly permissions: readonly string[] }>
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [key] = await rowsOf<{ kid: string; certificate: Buffer }>(
  'key',
  'select kid, certificate from signing_key order by id limit $1',
  [1],
)
if (key === undefined) throw new Error('Start Postern on this database first: it generates the key.')
// As long as the ones of Postern.
const header = encode({ alg: 'ES256', typ: 'JWT', kid: key.kid, x5c: [key.certificate.toString('base64')] })

const app = fastify()
app.get<{ Querystring: { scope: string | string[] } }>('/token', async ({ headers, query }, reply) => {
  const [name, password] = credentialsOf(headers.authorization)
  const secret = recognizeSecret(tokenBrand, password)
  const token = secret && (await findToken(secretHash(secret.reveal())))
  if (!token || token.name !== name) return reply.code(401).send({ errors: [{ code: 'UNAUTHORIZED' }] })
  const access = [query.scope].flat().flatMap((scope) => grant(token, scope))
  const jwt = signed(token.id, access)
  return { token: jwt, access_token: jwt, expires_in: lifetimeSeconds, issued_at: new Date().toISOString() }
})

function credentialsOf(authorization: string | undefined): [string, string] {
  const decoded = Buffer.from(authorization?.slice('Basic '.length) ?? '', 'base64').toString()
  const colon = decoded.indexOf(':')
  return [decoded.slice(0, colon), decoded.slice(colon + 1)]
}

async function findToken(hash: Buffer): Promise<TokenRow | undefined> {
  const [row] = await rowsOf<TokenRow>(
    'token by secret',
    `select t.id, o.name, (
       select json_agg(json_build_object('path', case c.kind when 'ALL_REPOSITORIES' then '*' else r.path end,
         'permissions', c.permissions))
       from access_token_scope c
       left join repository r on r.namespace_id = c.namespace_id and r.id = c.repository_id
       where c.namespace_id = t.namespace_id and c.token_id = t.id
     ) as scopes
     from access_token_secret s
     join access_token t on t.namespace_id = s.namespace_id and t.id = s.token_id
     join organization o on o.id = t.namespace_id
     where s.hash = $1 and (s.expires_at is null or s.expires_at > now())
       and t.deactivated_at is null and (t.expires_at is null or t.expires_at > now())`,
    [hash],
  )
  return row
}

function grant(token: TokenRow, scope: string) {
  const [type, name = '', wanted = ''] = scope.split(':')
  if (type !== 'repository') return []
  const held = new Set(
    token.scopes
      .filter(
        ({ path }) =>
          path !== null && (path === '*' ? name.startsWith(`${token.name}/`) : name === `${token.name}/${path}`),
      )
      .flatMap(({ permissions }) => permissions.flatMap((permission) => actionsBy[permission] ?? [])),
  )
  const actions = wanted.split(',').filter((action) => held.has(action))
  return actions.length === 0 ? [] : [{ type, name, actions }]
}

function signed(subject: string, access: object): string {
  const now = Math.floor(Date.now() / 1000)
  const payload = encode({
    iss: 'postern',
    sub: subject,
    aud: 'registry',
    exp: now + lifetimeSeconds,
    nbf: now - 5,
    iat: now,
    jti: randomUUID(),
    access,
  })
  const input = `${header}.${payload}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
