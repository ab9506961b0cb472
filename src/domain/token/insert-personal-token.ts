import type { EntityManager } from '@mikro-orm/postgresql'
import { AccessToken } from '../model/access-token.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { insertSecret } from './insert-secret.ts'
import { insertScopes, type ResolvedScope } from './resolve-scopes.ts'

/** A personal token as it is to be made. */
export interface NewPersonalToken {
  readonly id: string
  readonly userId: string
  readonly label: string
  readonly description: string | null
  readonly expiresAt: Date | null
  readonly access: PersonalAccess
  readonly scopes: readonly ResolvedScope[]
  /** The id of the session of the device that signs in; null: a person makes the token. */
  readonly session: string | null
}

/** Adds a personal token, with its secret and scopes, to the transaction that `em` is in. */
export function insertPersonalToken(
  context: RequestContext,
  em: EntityManager,
  { userId, scopes, ...wanted }: NewPersonalToken,
): { readonly token: AccessToken; readonly secret: PlainSecret } {
  const token = em.create(AccessToken, {
    ...wanted,
    namespace: userId,
    pullLimit: null,
    createdAt: context.now,
    createdBy: userId,
    deactivatedAt: null,
  })
  const secret = insertSecret(context, em, token)
  insertScopes(em, { id: token.id, namespaceId: userId }, scopes)
  return { token, secret }
}
