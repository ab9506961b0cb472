import { deriveKeys, hashSecret } from '../../src/domain/deployment/secret-key.ts'
import { newId } from '../../src/domain/id.ts'
import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/token/access-token.ts'
import type { PersonalAccess } from '../../src/domain/token/personal-access.ts'
import { accessPermissions } from '../../src/domain/token/personal-access.ts'
import { mintSecret } from '../../src/domain/token/token-secret.ts'
import type { Postern } from './postern.ts'
import type { Login } from './token-endpoint.ts'

/** A repository that a personal token names. */
export interface RepositoryToName {
  readonly id: string
  readonly namespaceId: string
}

/**
 * Writes a personal token into the database, and answers what its person logs in with. It reaches all that the person
 * does, or the repositories that are named.
 */
export async function insertPersonalToken(
  postern: Postern,
  username: string,
  access: PersonalAccess,
  repositories: readonly RepositoryToName[] | null = null,
): Promise<Login> {
  const em = postern.em()
  const now = new Date()
  const [user] = await em.execute<Array<{ id: string }>>('select id from user_account where username = ?', [username])
  if (user === undefined) throw new Error(`There is no ${username}.`)
  const { tokenBrand, secretKey } = postern.config
  const secret = mintSecret(tokenBrand, 'pat')
  const token = newId('tok', now)
  const ofToken = { token, namespace: user.id }
  em.create(AccessToken, {
    id: token,
    namespace: user.id,
    label: `${access} of ${username}`,
    description: null,
    pullLimit: null,
    createdAt: now,
    createdBy: user.id,
    expiresAt: null,
    deactivatedAt: null,
    access,
    session: null,
  })
  em.create(AccessTokenSecret, {
    ...ofToken,
    id: newId('sec', now),
    hash: hashSecret(secret.reveal(), deriveKeys(secretKey).tokenHashKey),
    hint: secret.hint,
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  for (const [position, repository] of (repositories ?? [null]).entries())
    em.create(AccessTokenScope, {
      ...ofToken,
      position,
      kind: repository === null ? 'REACHABLE_REPOSITORIES' : 'NAMED_REPOSITORY',
      repository: repository?.id ?? null,
      repositoryNamespace: repository?.namespaceId ?? null,
      permissions: [...accessPermissions[access]],
    })
  await em.flush()
  return { username, password: secret.reveal() }
}
