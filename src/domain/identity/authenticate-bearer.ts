import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { OrganizationTokenPrincipal, Principal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { type PlainSecret, readSecret } from '../secrets/token-secret.ts'
import { Denied } from '../shared/errors.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { countRejectedSecret } from './count-rejected-secret.ts'
import { findPersonalTokens, findSession } from './find-principals.ts'
import { aggregateScopes, toScopes } from './find-scopes.ts'
import { type RejectedToken, rejectQuoted, rejectUnusableToken } from './reject-unusable-token.ts'
import { credentialToken, toTokenPrincipals } from './token-principals.ts'

/**
 * The principal behind a bearer secret: a session or an access token, whichever the secret says it is. What is no
 * well-formed secret of ours is refused without asking the database.
 *
 * Throws `Denied`: UNAUTHENTICATED, with one answer for every reason, and TOO_MANY_REQUESTS when there were too many failures.
 */
export async function authenticateBearer(
  context: Omit<RequestContext, 'principal'>,
  bearer: string,
): Promise<Principal> {
  const read = readSecret(context.settings.tokenBrand, bearer)
  if (read === null || read.secret === null) countRejectedSecret(context, null)
  else {
    const principal = await findPrincipal(context, read.secret)
    if (principal !== null && !read.isQuoted) return principal
    if (principal !== null) rejectQuoted(context, principal)
  }
  throw new Denied(
    'UNAUTHENTICATED',
    'This session or access token is unknown, ended, inactive, expired or deleted. Sign in again, or use an active token.',
  )
}

/** The principal behind a well-formed secret; null when it is unknown, ended, inactive or expired. */
async function findPrincipal(
  context: Omit<RequestContext, 'principal'>,
  secret: PlainSecret,
): Promise<Principal | null> {
  const { em, now } = context
  const hash = hashSecret(secret.reveal(), context.settings.tokenHashKey)
  switch (secret.kind) {
    case 'ses':
      return rejectUnusableToken(context, await findSession(em, hash, now))
    case 'oat':
      return rejectUnusableToken(context, await only(findOrganizationTokens(em, [hash], now)))
    case 'pat':
      return rejectUnusableToken(context, await only(findPersonalTokens(em, [hash], now)))
  }
}

const selectOrganizationTokens = statement((db, value: ValueOf<{ hashes: readonly Buffer[] }>) =>
  db
    .selectFrom('access_token_secret as s')
    .innerJoin('access_token as t', (join) =>
      join.onRef('t.namespace_id', '=', 's.namespace_id').onRef('t.id', '=', 's.token_id'),
    )
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select([
      sql<Buffer>`s.hash`.as('hash'),
      's.id as secret_id',
      's.hint',
      's.expires_at',
      's.last_used_at',
      's.refused_at',
      't.deactivated_at',
      't.expires_at as token_expires_at',
      't.namespace_id',
      't.id as token_id',
      't.label',
      't.pull_limit',
      'o.id as organization_id',
      'o.name as organization_name',
      'o.plan',
      aggregateScopes,
    ])
    .where('s.hash', '=', sql<Buffer>`any(${value('hashes')})`),
)

async function only<T>(found: Promise<ReadonlyArray<T | null>>): Promise<T | null> {
  return (await found)[0] ?? null
}

/**
 * The organization tokens with secrets of these hashes; in place of one that opens nothing, why, and null where there is
 * none. One statement.
 */
export async function findOrganizationTokens(
  em: EntityManager,
  hashes: readonly Buffer[],
  now: Date,
): Promise<Array<OrganizationTokenPrincipal | RejectedToken | null>> {
  const rows = await selectOrganizationTokens(em, { hashes })
  return toTokenPrincipals(hashes, rows, now, (row) => ({
    kind: 'ORGANIZATION_TOKEN',
    token: { ...credentialToken(row), pullLimit: row.pull_limit },
    organization: { id: row.organization_id, name: row.organization_name, plan: row.plan },
    scopes: toScopes(row.scopes ?? [], row.organization_name),
  }))
}
