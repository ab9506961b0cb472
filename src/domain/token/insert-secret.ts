import type { EntityManager } from '@mikro-orm/postgresql'
import type { Call } from '../call.ts'
import { hashSecret } from '../deployment/secret-key.ts'
import { newId } from '../id.ts'
import { type AccessToken, AccessTokenSecret } from './access-token.ts'
import { mintSecret, type PlainSecret } from './token-secret.ts'

/** Makes a secret for a token and adds its hash to the transaction that `em` is in. */
export function insertSecret(call: Call, em: EntityManager, token: AccessToken): PlainSecret {
  const secret = mintSecret(call.settings.tokenBrand, token.access === null ? 'oat' : 'pat')
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
