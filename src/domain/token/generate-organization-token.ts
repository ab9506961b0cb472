import type { EntityManager } from '@mikro-orm/postgresql'
import { requireTokenManager } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { AccessToken } from '../model/access-token.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { checkExpiry, checkLifetime, checkPullLimit, labelRule, tokenDescriptionRule } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText, parseText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'
import { claimIdempotencyKey, parseIdempotencyKey } from './claim-idempotency-key.ts'
import { insertSecret } from './insert-secret.ts'
import { type ParsedScope, parseScopes, type ScopeInput } from './parse-scopes.ts'
import { insertScopes, resolveScopes } from './resolve-scopes.ts'
import { countTokens } from './token-limit.ts'

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
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, SCOPE_NOT_ALLOWED, PLAN_REQUIRED,
 * TOKEN_LIMIT_REACHED, IDEMPOTENCY_CONFLICT).
 */
export async function generateOrganizationToken(
  context: RequestContext,
  input: GenerateOrganizationTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(context.principal)
  const organization = await requireTokenManager(context.em, context.principal, input.organization, [
    'input',
    'organization',
  ])
  const errors = new InputErrors()
  const wanted = parseInput(input, organization, context.now, errors)
  const checkPolicy = (maxDays: number | null) =>
    checkLifetime(wanted.expiresAt, context.now, maxDays, ['input', 'expiresAt'], errors)
  if (errors.hasAny) {
    // A person is told at once of repositories that are missing, too, and of the policy.
    checkPolicy(organization.maxTokenLifetimeDays)
    await resolveScopes(context.em, wanted.scopes, organization, ['input', 'scopes'], errors)
    errors.throwIfAny()
  }

  const request = { namespaceId: organization.id, actorId: user.id, key: wanted.idempotencyKey, wanted }
  return context.em.transactional(async (em) => {
    const { plan, max_token_lifetime_days: maxDays } = await kysely(em)
      .selectFrom('organization')
      .select(['plan', 'max_token_lifetime_days'])
      .where('id', '=', organization.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    const tokenId = newId('tok', context.now)
    const made = await claimIdempotencyKey(context, em, request, tokenId)
    if (made !== null) return { tokenId: made, secret: null }
    await requirePlace(em, organization, context.settings.plans[plan].tokens)

    checkPolicy(maxDays)
    const scopes = await resolveScopes(em, wanted.scopes, organization, ['input', 'scopes'], errors)
    errors.throwIfAny()
    const token = em.create(AccessToken, {
      id: tokenId,
      namespace: organization.id,
      label: wanted.label,
      description: wanted.description,
      pullLimit: wanted.pullLimit,
      createdAt: context.now,
      createdBy: user.id,
      expiresAt: wanted.expiresAt,
      deactivatedAt: null,
      access: null,
      session: null,
    })
    const secret = insertSecret(context, em, token)
    insertScopes(em, { id: token.id, namespaceId: organization.id }, scopes)
    recordActivity(context, em, {
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
  { name, maxTokenLifetimeDays }: OrganizationRow,
  now: Date,
  errors: InputErrors,
): WantedToken {
  const at = (member: string) => ['input', member]
  const wanted = {
    label: parseText(input.label, labelRule, at('label'), errors),
    description: parseOptionalText(input.description, tokenDescriptionRule, at('description'), errors),
    expiresAt: input.expiresAt ?? null,
    pullLimit: input.pullLimit ?? null,
    scopes: parseScopes(input.scopes, name, at('scopes'), errors),
    idempotencyKey: parseIdempotencyKey(input.idempotencyKey, errors),
  }
  checkExpiry(wanted.expiresAt, now, maxTokenLifetimeDays, at('expiresAt'), errors)
  checkPullLimit(wanted.pullLimit, at('pullLimit'), errors)
  return wanted
}

async function requirePlace(em: EntityManager, organization: OrganizationRow, limit: number): Promise<void> {
  const path = ['input', 'organization']
  if (limit === 0)
    throwInvalid(
      'PLAN_REQUIRED',
      path,
      `Organization tokens need a Team or Business plan. Ask an administrator to change it.`,
    )
  const [used = 0] = await countTokens(em, [organization.id])
  if (used >= limit)
    throwInvalid(
      'TOKEN_LIMIT_REACHED',
      path,
      `${organization.name} has all ${limit} tokens of its plan; expired and inactive ones count. Delete one first.`,
    )
}
