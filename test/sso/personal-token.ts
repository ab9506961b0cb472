import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Postern } from '../harness/postern.ts'
import type { Login } from '../harness/token-endpoint.ts'
import { userIdOf } from '../token/arrange.ts'

/** A token of a person that reads whatever they can access. Returns its login. */
export async function personalTokenOf(postern: Postern, username: string): Promise<Login> {
  const em = postern.em()
  const createdAt = new Date()
  const namespace = await userIdOf(em, username)
  const id = newId('tok', createdAt)
  const secret = mintSecret(postern.config.tokenBrand, 'pat')
  em.create(AccessToken, {
    id,
    namespace,
    label: 'laptop',
    description: null,
    pullLimit: null,
    createdAt,
    createdBy: namespace,
    expiresAt: null,
    deactivatedAt: null,
    access: 'READ',
    session: null,
  })
  em.create(AccessTokenSecret, {
    id: newId('sec', createdAt),
    namespace,
    token: id,
    hash: hashSecret(secret.reveal(), deriveKeys(postern.config.secretKey).tokenHashKey),
    hint: secret.hint,
    createdAt,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  em.create(AccessTokenScope, {
    token: id,
    position: 0,
    namespace,
    kind: 'REACHABLE_REPOSITORIES',
    repository: null,
    repositoryNamespace: null,
    permissions: ['IMAGE_PULL', 'REPOSITORY_READ'],
  })
  await em.flush()
  return { username, password: secret.reveal() }
}
