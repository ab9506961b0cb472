import type { EntityManager } from '@mikro-orm/postgresql'
import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../model/access-token.ts'
import type { Permission } from '../model/permission.ts'
import { accessPermissions, type PersonalAccess } from '../model/personal-access.ts'
import { publicRepositoriesPath, reachableRepositoriesPath, type ScopeKind } from '../model/scope.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret, mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'

/** A scope whose repository, if it names one, exists. */
export interface ResolvedScope {
  readonly kind: ScopeKind
  readonly path: string
  readonly permissions: readonly Permission[]
  readonly repositoryId: string | null
  /** The namespace of the repository; null if it does not name one. */
  readonly repositoryNamespaceId: string | null
}

/** A token that does not exist yet. */
export interface NewToken {
  readonly id: string
  /** The organization or person that it belongs to. */
  readonly namespaceId: string
  readonly label: string
  readonly description: string | null
  readonly expiresAt: Date | null
  /** Null for personal tokens, and for the limit of the plan. */
  readonly pullLimit: number | null
  /** Null for organization tokens. */
  readonly access: PersonalAccess | null
  readonly createdById: string
  readonly scopes: readonly ResolvedScope[]
  /** The session of the device that signs in; null: a person generates the token. */
  readonly sessionId: string | null
}

/** What a new token or secret needs of a request. */
type InsertContext = Pick<RequestContext, 'now' | 'settings'>

/** Adds a token, with this secret or a new one, and its scopes, to the transaction that `em` is in. */
export function insertToken(
  context: InsertContext,
  em: EntityManager,
  { id, namespaceId, createdById, scopes, sessionId, ...values }: NewToken,
  givenSecret?: PlainSecret,
): { readonly token: AccessToken; readonly secret: PlainSecret } {
  const token = em.create(AccessToken, {
    id,
    ...values,
    namespace: namespaceId,
    createdAt: context.now,
    createdBy: createdById,
    deactivatedAt: null,
    session: sessionId,
  })
  const secret = insertSecret(context, em, token, givenSecret)
  insertScopes(em, token, scopes)
  return { token, secret }
}

/** Adds a secret of a token, a new one by default, to the transaction that `em` is in. */
export function insertSecret(
  context: InsertContext,
  em: EntityManager,
  token: AccessToken,
  secret = mintSecret(context.settings.tokenBrand, token.access === null ? 'oat' : 'pat'),
): PlainSecret {
  em.create(AccessTokenSecret, {
    id: newId('sec', context.now),
    namespace: token.namespace,
    token: token.id,
    hash: hashSecret(secret.reveal(), context.settings.tokenHashKey),
    hint: secret.hint,
    createdAt: context.now,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  return secret
}

/** Adds scopes of a token to the transaction that `em` is in. */
export function insertScopes(em: EntityManager, token: AccessToken, scopes: readonly ResolvedScope[]): void {
  for (const [position, scope] of scopes.entries())
    em.create(AccessTokenScope, {
      token: token.id,
      position,
      namespace: token.namespace,
      kind: scope.kind,
      repository: scope.repositoryId,
      repositoryNamespace: scope.repositoryNamespaceId,
      permissions: [...scope.permissions],
    })
}

/** The scope of a personal token that names no repositories. */
export function scopeOfEverything(access: PersonalAccess): ResolvedScope {
  const isPublic = access === 'PUBLIC_READ'
  return {
    kind: isPublic ? 'PUBLIC_REPOSITORIES' : 'REACHABLE_REPOSITORIES',
    path: isPublic ? publicRepositoriesPath : reachableRepositoriesPath,
    permissions: accessPermissions[access],
    repositoryId: null,
    repositoryNamespaceId: null,
  }
}
