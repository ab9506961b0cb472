import type { GraphQLResolveInfo } from 'graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { SecretRow } from '../../domain/identity/secret-store.ts'
import { type AccessTokenStatus, statusOf, statusReasons } from '../../domain/model/access-token.ts'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { resourceOf, type ScopeRow, scopePath } from '../../domain/model/scope.ts'
import { personBehind } from '../../domain/policy/principal.ts'
import type { Settings } from '../../domain/policy/request-context.ts'
import type { TokenPage } from '../../domain/sql/token-page.ts'
import type { OwnedToken, TokenOwner, TokenRow } from '../../domain/token/token-store.ts'
import { type LastUse, lastUseOf } from '../../domain/usage/token-usage-store.ts'
import {
  pullLimitOf,
  pullLimitOfPerson,
  type UsageLimit,
  usageLimit,
  usageWindowAt,
} from '../../domain/usage/usage-limit.ts'
import type { Context } from '../context.ts'
import { loadUsers } from '../load-users.ts'
import { type RefusedAttempt, toRefusedAttempt } from '../refusal/refused-attempt.types.ts'
import { selectedFields } from '../selected-fields.ts'
import type { Scope } from './scope.types.ts'

/** A token as GraphQL returns it. Fields that take a statement are undefined if they are not requested. */
export interface AccessTokenNode {
  readonly __typename: 'OrganizationAccessToken' | 'PersonalAccessToken'
  readonly id: string
  /** The id of the organization or the person. */
  readonly ownerId: string
  readonly label: string
  readonly description: string | null
  readonly status: AccessTokenStatus
  readonly statusReason: string | null
  readonly origin: 'MANUAL' | 'AUTO_GENERATED'
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly createdBy: UserRow | null | undefined
  readonly scopes: readonly Scope[] | undefined
  readonly lastUsedAt: string | null | undefined
  readonly lastUsed: LastUse | null | undefined
  readonly usageLimit: UsageLimit | undefined
  readonly hint: string | undefined
  readonly secrets: readonly SecretRow[] | undefined
  readonly refusedAttempts: readonly RefusedAttempt[] | undefined
  /** Null for a token of an organization. */
  readonly access: PersonalAccess | null
}

/**
 * The tokens of an organization or a person as GraphQL returns them, with all requested fields. The fields of all
 * tokens of a list are loaded here together: a resolver for each field of each token would take longer than the rest of
 * the request.
 */
export async function toAccessTokens(
  context: Context,
  owner: TokenOwner,
  rows: readonly TokenRow[],
  info: GraphQLResolveInfo,
): Promise<AccessTokenNode[]> {
  const fields = selectedFields(info)
  const { loaders, now, settings } = context
  const page: TokenPage = { namespaceId: owner.id, ids: rows.map(({ id }) => id) }
  // The pulls of a person are stored like those of a token, under the person's id.
  const usagePage = owner.plan === null ? { ...page, ids: [...page.ids, owner.id] } : page
  const isRequested = (...names: readonly string[]) => names.some((name) => fields.has(name))
  const [creators, scopes, usage, secrets, refused] = await Promise.all([
    isRequested('createdBy')
      ? loadUsers(
          rows.map(({ createdById }) => createdById),
          loaders,
        )
      : undefined,
    isRequested('scopes') ? loaders.scopes.load(page) : undefined,
    isRequested('lastUsedAt', 'lastUsed', 'usageLimit') ? loaders.usage.load(usagePage) : undefined,
    isRequested('hint', 'secrets') ? loaders.secrets.load(page) : undefined,
    isRequested('refusedAttempts') ? loaders.refusedAttempts.load(page) : undefined,
  ])
  const limitOf = pullLimits(context, owner, settings)
  const resetsAt = usageWindowAt(now).endsAt.toISOString()
  const plan = owner.plan && settings.plans[owner.plan]
  return rows.map((row) => {
    const [used] = usage?.get(row.id) ?? []
    const [counted] = (owner.plan === null ? usage?.get(owner.id) : undefined) ?? [used]
    const lastUsed = usage && lastUseOf(used)
    const status = statusOf(row, plan, now)
    const itsSecrets = secrets?.get(row.id)
    return {
      __typename: tokenTypename(owner.plan === null),
      id: row.id,
      ownerId: owner.id,
      label: row.label,
      description: row.description,
      status,
      statusReason: statusReasons[status],
      origin: row.sessionId === null ? 'MANUAL' : 'AUTO_GENERATED',
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
      createdBy: row.createdById === null ? null : creators?.get(row.createdById),
      scopes: scopes && (scopes.get(row.id) ?? []).map((scope) => toScope(scope, owner.name)),
      lastUsedAt: lastUsed?.at,
      lastUsed,
      usageLimit: usage && usageLimit(limitOf(row), counted?.pulls ?? 0, resetsAt),
      hint: itsSecrets?.[0]?.hint,
      secrets: itsSecrets,
      refusedAttempts: refused && (refused.get(row.id) ?? []).map(toRefusedAttempt),
      access: row.access,
    }
  })
}

export function tokenTypename(isPersonal: boolean): AccessTokenNode['__typename'] {
  return isPersonal ? 'PersonalAccessToken' : 'OrganizationAccessToken'
}

/** Pulls per window of a token. All tokens of a person share the pulls of the person. */
function pullLimits({ principal }: Context, { plan }: TokenOwner, { plans }: Settings) {
  if (plan !== null) return (row: TokenRow) => pullLimitOf(row.pullLimit, plans[plan])
  const person = personBehind(principal)
  const limit = person === null ? plans.FREE.pulls : pullLimitOfPerson(person, plans)
  return () => limit
}

/** The same for one token; null for null. */
export async function toAccessToken(
  context: Context,
  token: OwnedToken | null,
  info: GraphQLResolveInfo,
): Promise<AccessTokenNode | null> {
  if (token === null) return null
  const [node] = await toAccessTokens(context, token.owner, [token], info)
  return node ?? null
}

function toScope(scope: ScopeRow, namespaceName: string): Scope {
  return { resource: resourceOf(scope.kind), path: scopePath(scope, namespaceName), permissions: scope.permissions }
}
