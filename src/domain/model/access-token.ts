import { defineEntity, p } from '@mikro-orm/postgresql'
import type { Timestamp } from '../shared/timestamp.ts'
import { Namespace } from './namespace.ts'
import type { Permission } from './permission.ts'
import { personalAccesses } from './personal-access.ts'
import type { PlanLimits } from './plan.ts'
import { Repository } from './repository.ts'
import { scopeKinds } from './scope.ts'
import { Session } from './session.ts'
import { User } from './user.ts'

export const AccessTokenSchema = defineEntity({
  name: 'AccessToken',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    label: p.text(),
    description: p.text().nullable(),
    pullLimit: p.integer().nullable(),
    createdAt: p.datetime(),
    createdBy: () => p.manyToOne(User).mapToPk().nullable(),
    expiresAt: p.datetime().strictNullable(),
    deactivatedAt: p.datetime().strictNullable(),
    access: p.enum(personalAccesses).strictNullable(),
    session: () => p.manyToOne(Session).mapToPk().strictNullable(),
  },
})

/**
 * An access token of an organization or a person. Secrets and scopes are separate rows. Only personal tokens have an
 * `access`. Only tokens of devices have a `session`.
 */
export class AccessToken extends AccessTokenSchema.class {}
AccessTokenSchema.setClass(AccessToken)

export const AccessTokenSecretSchema = defineEntity({
  name: 'AccessTokenSecret',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    token: () => p.manyToOne(AccessToken).mapToPk(),
    hash: p.blob().hidden(),
    hint: p.text(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().strictNullable(),
    lastUsedAt: p.datetime().nullable(),
    refusedAt: p.datetime().nullable(),
  },
})

/**
 * A secret of a token, as a keyed hash. The newest has no `expiresAt` and expires with its token. Older ones have
 * expired, except one during a rotation. Expired ones are kept for a while; `refusedAt` is when one was last used.
 */
export class AccessTokenSecret extends AccessTokenSecretSchema.class {}
AccessTokenSecretSchema.setClass(AccessTokenSecret)

export const AccessTokenScopeSchema = defineEntity({
  name: 'AccessTokenScope',
  properties: {
    token: () => p.manyToOne(AccessToken).mapToPk().primary(),
    position: p.smallint().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    kind: p.enum(scopeKinds),
    repository: () => p.manyToOne(Repository).mapToPk().nullable(),
    repositoryNamespace: () => p.manyToOne(Namespace).mapToPk().nullable(),
    permissions: p.array().$type<Permission[]>(),
  },
})

/** A scope of a token. `position` is its place in the order of the input. */
export class AccessTokenScope extends AccessTokenScopeSchema.class {}
AccessTokenScopeSchema.setClass(AccessTokenScope)

export const accessTokenStatuses = ['ACTIVE', 'INACTIVE', 'SUSPENDED', 'EXPIRED'] as const
export type AccessTokenStatus = (typeof accessTokenStatuses)[number]

/**
 * The status of a token. `plan` is that of its organization; null for a personal token. A token that is both expired
 * and inactive is EXPIRED, because expiry is permanent. An inactive one is not SUSPENDED, because another plan does not
 * activate it.
 */
export function statusOf(
  token: { readonly expiresAt: Date | Timestamp | null; readonly deactivatedAt: Date | Timestamp | null },
  plan: Pick<PlanLimits, 'tokens'> | null,
  now: Date,
): AccessTokenStatus {
  if (token.expiresAt !== null && new Date(token.expiresAt) <= now) return 'EXPIRED'
  if (token.deactivatedAt !== null) return 'INACTIVE'
  return isSuspending(plan) ? 'SUSPENDED' : 'ACTIVE'
}

/** Whether a plan suspends the tokens that exist. A plan with too few tokens suspends no token. */
export function isSuspending(plan: Pick<PlanLimits, 'tokens'> | null): boolean {
  return plan?.tokens === 0
}

/** Why a token with this status is rejected, and what to do. Null: it is not. */
export const statusReasons: Readonly<Record<AccessTokenStatus, string | null>> = {
  ACTIVE: null,
  INACTIVE: 'The token was deactivated. Activate it where that is allowed, or generate another.',
  SUSPENDED:
    "The organization's plan has no tokens. The token works again once an administrator changes the plan to one with " +
    'tokens.',
  EXPIRED: 'The token has expired. Generate another.',
}
