import type { EntityManager } from '@mikro-orm/postgresql'
import { type AccessToken, AccessTokenSecret } from '../model/access-token.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'

/** Makes a secret for a token and adds its hash to the transaction that `em` is in. */
export function insertSecret(context: RequestContext, em: EntityManager, token: AccessToken): PlainSecret {
  const secret = mintSecret(context.settings.tokenBrand, token.access === null ? 'oat' : 'pat')
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
