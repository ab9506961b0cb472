import type { OrganizationRow } from '../../domain/account/find-organization.ts'
import type { UserRow } from '../../domain/account/find-user.ts'
import { type AccessTokenStatus, statusOf } from '../../domain/token/access-token.ts'
import type { SecretRow, TokenRow } from '../../domain/token/find-token.ts'
import { resourceOf } from '../../domain/token/scope.ts'
import type { LastUseRow } from '../../domain/usage/find-usage.ts'
import { pullLimitOf, type UsageLimit, usageLimit } from '../../domain/usage/usage-limit.ts'
import type { Context } from '../context.ts'
import type { Scope } from './scope-types.ts'

/**
 * A token as GraphQL answers it. Its members are those of the type `OrganizationAccessToken` and are read by name when
 * they are asked for, through the loaders: lists hold many tokens, and a resolver of its own for each member of each
 * would take longer than the rest of the answer.
 */
export class AccessTokenNode {
  readonly __typename = 'OrganizationAccessToken'
  readonly #row: TokenRow
  readonly #context: Context

  constructor(row: TokenRow, context: Context) {
    this.#row = row
    this.#context = context
  }

  get id(): string {
    return this.#row.id
  }

  get label(): string {
    return this.#row.label
  }

  get description(): string | null {
    return this.#row.description
  }

  get status(): AccessTokenStatus {
    return statusOf(this.#row, this.#context.now)
  }

  get origin(): 'MANUAL' {
    return 'MANUAL'
  }

  get hint(): Promise<string | undefined> {
    return this.secrets.then(([newest]) => newest?.hint)
  }

  get scopes(): Promise<Scope[]> {
    return this.#context.loaders.scopesByToken
      .load(this.id)
      .then((scopes) =>
        scopes.map(({ kind, path, permissions }) => ({ resource: resourceOf(kind), path, permissions })),
      )
  }

  get createdAt(): string {
    return this.#row.createdAt
  }

  get createdBy(): Promise<UserRow | null> | null {
    const { createdById } = this.#row
    return createdById === null ? null : this.#context.loaders.userById.load(createdById)
  }

  get expiresAt(): string | null {
    return this.#row.expiresAt
  }

  get lastUsedAt(): Promise<string | null> {
    return this.lastUsed.then((use) => use?.at ?? null)
  }

  get lastUsed(): Promise<LastUseRow | null> {
    return this.#context.loaders.lastUseByToken.load(this.id)
  }

  get usageLimit(): Promise<UsageLimit> {
    const { loaders, now, settings } = this.#context
    const limit = pullLimitOf(this.#row.pullLimit, settings.plans[this.#row.plan])
    return loaders.pullsByToken.load(this.id).then((pulls) => usageLimit(limit, pulls, now))
  }

  get secrets(): Promise<readonly SecretRow[]> {
    return this.#context.loaders.secretsByToken.load(this.id)
  }

  get organization(): Promise<OrganizationRow | null> {
    return this.#context.loaders.organizationById.load(this.#row.organizationId)
  }
}
