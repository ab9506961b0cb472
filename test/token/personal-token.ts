import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Postern } from '../harness/postern.ts'

/**
 * Inserts a token of a person into the database, of a device if a session is given, which pulls everything of the
 * person.
 */
export async function insertPersonalToken(
  { em: fork, config }: Postern,
  userId: string,
  sessionId: string | null = null,
): Promise<{ readonly id: string; readonly secret: string }> {
  const em = fork()
  const now = new Date()
  const id = newId('tok', now)
  const secret = mintSecret('pstn', 'pat')
  em.create(AccessToken, {
    id,
    namespace: userId,
    label: 'laptop',
    description: null,
    pullLimit: null,
    createdAt: now,
    createdBy: userId,
    expiresAt: null,
    deactivatedAt: null,
    access: 'READ',
    session: sessionId,
  })
  em.create(AccessTokenSecret, {
    id: newId('sec', now),
    namespace: userId,
    token: id,
    hash: hashSecret(secret.reveal(), deriveKeys(config.secretKey).tokenHashKey),
    hint: secret.hint,
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  em.create(AccessTokenScope, {
    token: id,
    position: 0,
    namespace: userId,
    kind: 'REACHABLE_REPOSITORIES',
    repository: null,
    repositoryNamespace: null,
    permissions: ['IMAGE_PULL', 'REPOSITORY_READ'],
  })
  await em.flush()
  return { id, secret: secret.reveal() }
}
