import type { EntityManager } from '@mikro-orm/postgresql'
import { lockOrganization } from '../account/organization-store.ts'
import { requireTokenManager } from '../account/require-organization.ts'
import { organizationTokens } from '../guess/budgets.ts'
import { insertToken } from '../identity/insert-token.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import {
  expiryErrors,
  idempotencyKeyInput,
  labelInput,
  lifetimeErrors,
  pullLimitInput,
  tokenDescriptionInput,
} from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { checkInput, requireValid, throwIfAny } from '../shared/input.ts'
import { claimIdempotencyKey } from './claim-idempotency-key.ts'
import { type ParsedScope, parseScopes, resolveScopes, type ScopeInput } from './organization-scopes.ts'
import { countTokens } from './token-store.ts'

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
  /** Null if an earlier request with the same idempotency key generated it: a secret is shown once. */
  readonly secret: PlainSecret | null
}

const shape = {
  label: labelInput,
  description: tokenDescriptionInput.default(null),
  pullLimit: pullLimitInput.default(null),
  idempotencyKey: idempotencyKeyInput,
}
const organizationPath = ['input', 'organization']
const scopesPath = ['input', 'scopes']
const expiryPath = ['input', 'expiresAt']

/**
 * Generates an organization token. The plan's number of tokens is exact: the organization's row is locked while tokens
 * are counted. A repeated request with the same idempotency key and input returns the same token, without a secret.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (NOT_FOUND, INVALID,
 * SCOPE_NOT_ALLOWED, PLAN_REQUIRED, TOKEN_LIMIT_REACHED, IDEMPOTENCY_CONFLICT).
 */
export async function generateOrganizationToken(
  context: RequestContext,
  input: GenerateOrganizationTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(context.principal)
  const organization = await requireTokenManager(context.em, context.principal, input.organization, organizationPath)
  const wanted = await parseWanted(context, input, organization)
  const request = { namespaceId: organization.id, actorId: user.id, key: wanted.idempotencyKey, wanted }
  return context.em.transactional(async (em) => {
    const { plan, maxTokenLifetimeDays } = await lockOrganization(em, organization.id)
    const id = newId('tok', context.now)
    const earlierId = await claimIdempotencyKey(context, em, request, id)
    if (earlierId !== null) return { tokenId: earlierId, secret: null }
    await requirePlace(em, organization, context.settings.plans[plan].tokens)

    const { label, description, expiresAt, pullLimit } = wanted
    const { scopes, errors } = await resolveScopes(em, wanted.scopes, organization, scopesPath)
    throwIfAny([...lifetimeErrors(expiresAt, context.now, maxTokenLifetimeDays, expiryPath), ...errors])
    countGeneration(context, organization.id, context.settings.plans[plan].tokens)
    const { token, secret } = insertToken(context, em, {
      id,
      namespaceId: organization.id,
      label,
      description,
      expiresAt,
      pullLimit,
      access: null,
      createdById: user.id,
      scopes,
      sessionId: null,
    })
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'access_token.create',
      target: label,
      token,
      data: { expiresAt: expiresAt?.toISOString() ?? 'never', scopes: scopes.map(({ path }) => path).join(' ') },
    })
    return { tokenId: id, secret }
  })
}

/** Throws `Denied` (TOO_MANY_REQUESTS) if the organization has generated too many tokens in an hour. */
function countGeneration({ guesses, settings }: RequestContext, organizationId: string, tokensOfPlan: number): void {
  const budget = { ...organizationTokens, failures: Math.max(settings.hourlyRates.organizationTokens, tokensOfPlan) }
  guesses.count({ budget, subject: organizationId })
}

/** In the order that the digests of earlier idempotency keys have. */
interface WantedToken {
  readonly label: string
  readonly description: string | null
  readonly expiresAt: Date | null
  readonly pullLimit: number | null
  readonly scopes: readonly ParsedScope[]
  readonly idempotencyKey: string | null
}

/** If anything is invalid, the errors include missing repositories and the policy's. */
async function parseWanted(
  { em, now }: RequestContext,
  input: GenerateOrganizationTokenInput,
  organization: OrganizationRow,
): Promise<WantedToken> {
  const { maxTokenLifetimeDays: maxDays } = organization
  const expiresAt = input.expiresAt ?? null
  const checked = checkInput(shape, input)
  const { scopes, errors } = parseScopes(input.scopes, organization.name, scopesPath)
  const others = [...errors, ...expiryErrors(expiresAt, now, maxDays, expiryPath)]
  if (!checked.isValid || others.length > 0)
    others.push(
      ...lifetimeErrors(expiresAt, now, maxDays, expiryPath),
      ...(await resolveScopes(em, scopes, organization, scopesPath)).errors,
    )
  const { label, description, pullLimit, idempotencyKey } = requireValid(checked, others)
  return { label, description, expiresAt, pullLimit, scopes, idempotencyKey }
}

async function requirePlace(em: EntityManager, { id, name }: OrganizationRow, limit: number): Promise<void> {
  if (limit === 0)
    throwInvalid(
      'PLAN_REQUIRED',
      organizationPath,
      'Organization tokens need a Team or Business plan. Ask an administrator to change it.',
    )
  const [used = 0] = await countTokens(em, [id])
  if (used >= limit)
    throwInvalid(
      'TOKEN_LIMIT_REACHED',
      organizationPath,
      `${name} has all ${limit} tokens of its plan; expired and inactive ones count. Delete one first.`,
    )
}
