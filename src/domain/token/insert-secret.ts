import type { EntityManager } from '@mikro-orm/postgresql'
import { type AccessToken, AccessTokenSecret } from '../model/access-token.ts'
import type { Call } from '../policy/call.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'

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
