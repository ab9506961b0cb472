import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { requirePerson } from '../access/require.ts'
import type { OrganizationRow } from '../account/organization.ts'
import { requireTokenManager } from '../account/require-organization.ts'
import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { hashSecret } from '../deployment/secret-key.ts'
import { Faults, refuse } from '../errors.ts'
import { newId } from '../id.ts'
import { sqlOf } from '../tables.ts'
import { parseOptionalText, parseText } from '../text.ts'
import { AccessToken, AccessTokenSecret } from './access-token.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { type ParsedScope, parseScopes, type ScopeInput } from './parse-scopes.ts'
import { insertScopes, resolveScopes } from './resolve-scopes.ts'
import { findTokenLimit } from './token-limit.ts'
import {
  checkExpiry,
  checkLifetime,
  checkPullLimit,
  idempotencyKeyRule,
  labelRule,
  tokenDescriptionRule,
} from './token-rules.ts'
import { mintSecret, type PlainSecret } from './token-secret.ts'

export interface GenerateOrganizationTokenInput {
  readonly organization: string
  readonly label: string
  readonly description?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly scopes: readonly ScopeInput[]
  readonly pullLimit?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export interface GeneratedToken {
  readonly tokenId: string
  /** Null when the idempotency key had made the token before: a secret is shown once, and kept nowhere. */
  readonly secret: PlainSecret | null
}

/**
 * Generates an organization token. The plan's number of tokens holds exactly: the organization's row is locked while
 * they are counted. The same idempotency key with the same input answers the token it made, without a secret.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, INVALID, SCOPE_NOT_ALLOWED, PLAN_REQUIRED,
 * TOKEN_LIMIT_REACHED, IDEMPOTENCY_CONFLICT).
 */
export async function generateOrganizationToken(
  call: Call,
  input: GenerateOrganizationTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(call.principal)
  const organization = await requireTokenManager(call.em, call.principal, input.organization, ['input', 'organization'])
  const faults = new Faults()
  const wanted = parseInput(input, organization.name, call.now, faults)
  const checkPolicy = (maxDays: number | null) =>
    checkLifetime(wanted.expiresAt, call.now, maxDays, ['input', 'expiresAt'], faults)
  if (faults.areFound) {
    // A person is told at once of repositories that are missing, too, and of the policy.
    checkPolicy(organization.maxTokenLifetimeDays)
    await resolveScopes(call.em, wanted.scopes, organization, ['input', 'scopes'], faults)
    faults.refuseIfAny()
  }

  return call.em.transactional(async (em) => {
    const { plan, max_token_lifetime_days: maxDays } = await sqlOf(em)
      .selectFrom('organization')
      .select(['plan', 'max_token_lifetime_days'])
      .where('id', '=', organization.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    const made = await claimIdempotencyKey(em, wanted, organization.id, user.id)
    if (made !== null) return { tokenId: made, secret: null }
    await requirePlace(em, organization, call.settings.plans[plan].tokens)

    checkPolicy(maxDays)
    const scopes = await resolveScopes(em, wanted.scopes, organization, ['input', 'scopes'], faults)
    faults.refuseIfAny()
    const token = em.create(AccessToken, {
      id: newId('tok', call.now),
      namespace: organization.id,
      label: wanted.label,
      description: wanted.description,
      pullLimit: wanted.pullLimit,
      createdAt: call.now,
      createdBy: user.id,
      expiresAt: wanted.expiresAt,
      deactivatedAt: null,
      access: null,
      session: null,
    })
    const secret = insertSecret(call, em, token)
    insertScopes(em, { id: token.id, namespaceId: organization.id }, scopes)
    if (wanted.idempotencyKey !== null)
      em.create(IdempotencyKey, {
        namespace: organization.id,
        actorId: user.id,
        key: wanted.idempotencyKey,
        requestDigest: digest(wanted),
        tokenId: token.id,
        createdAt: call.now,
      })
    recordActivity(call, em, {
      namespaceId: organization.id,
      action: 'access_token.create',
      target: token.label,
      token,
      data: { expiresAt: token.expiresAt?.toISOString() ?? 'never', scopes: scopes.map(({ path }) => path).join(' ') },
    })
    return { tokenId: token.id, secret }
  })
}

interface WantedToken {
  readonly label: string
  readonly description: string | null
  readonly expiresAt: Date | null
  readonly pullLimit: number | null
  readonly scopes: readonly ParsedScope[]
  readonly idempotencyKey: string | null
}

function parseInput(
  input: GenerateOrganizationTokenInput,
  organizationName: string,
  now: Date,
  faults: Faults,
): WantedToken {
  const at = (member: string) => ['input', member]
  const wanted = {
    label: parseText(input.label, labelRule, at('label'), faults),
    description: parseOptionalText(input.description, tokenDescriptionRule, at('description'), faults),
    expiresAt: input.expiresAt ?? null,
    pullLimit: input.pullLimit ?? null,
    scopes: parseScopes(input.scopes, organizationName, at('scopes'), faults),
    // A blank key is a fault, not the same as none: whoever sends one counts on it.
    idempotencyKey:
      typeof input.idempotencyKey === 'string'
        ? parseText(input.idempotencyKey, idempotencyKeyRule, at('idempotencyKey'), faults)
        : null,
  }
  checkExpiry(wanted.expiresAt, now, at('expiresAt'), faults)
  checkPullLimit(wanted.pullLimit, at('pullLimit'), faults)
  return wanted
}

function digest(wanted: WantedToken): Buffer {
  return createHash('sha256').update(JSON.stringify(wanted)).digest()
}

/** The token that this key made before, or null. Throws `InputRefused` (IDEMPOTENCY_CONFLICT). */
async function claimIdempotencyKey(
  em: EntityManager,
  wanted: WantedToken,
  organizationId: string,
  actorId: string,
): Promise<string | null> {
  if (wanted.idempotencyKey === null) return null
  const path = ['input', 'idempotencyKey']
  const used = await em.findOne(IdempotencyKey, { namespace: organizationId, actorId, key: wanted.idempotencyKey })
  if (used === null) return null
  if (!digest(wanted).equals(Buffer.from(used.requestDigest)))
    refuse('IDEMPOTENCY_CONFLICT', path, 'This key was used with another input. Use a new key for a new token.')
  if ((await em.count(AccessToken, { id: used.tokenId })) === 0)
    refuse(
      'IDEMPOTENCY_CONFLICT',
      path,
      'The token that this key made has been deleted. Use a new key for a new token.',
    )
  return used.tokenId
}

async function requirePlace(em: EntityManager, organization: OrganizationRow, limit: number): Promise<void> {
  const path = ['input', 'organization']
  if (limit === 0)
    refuse(
      'PLAN_REQUIRED',
      path,
      `Organization tokens need a Team or Business plan. Ask an administrator to change it.`,
    )
  const { remaining } = await findTokenLimit(em, organization.id, limit)
  if (remaining === 0)
    refuse(
      'TOKEN_LIMIT_REACHED',
      path,
      `${organization.name} has all ${limit} tokens of its plan; expired and inactive ones count. Delete one first.`,
    )
}

function insertSecret(call: Call, em: EntityManager, token: AccessToken): PlainSecret {
  const secret = mintSecret(call.settings.tokenBrand, 'oat')
  em.create(AccessTokenSecret, {
    id: newId('sec', call.now),
    namespace: token.namespace,
    token: token.id,
    hash: hashSecret(secret.reveal(), call.settings.tokenHashKey),
    hint: secret.hint,
    createdAt: call.now,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  return secret
}
