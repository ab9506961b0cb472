import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { accessPermissions, type PersonalAccess } from '../../src/domain/model/personal-access.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import { User } from '../../src/domain/model/user.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Postern } from './postern.ts'
import type { Login } from './token-endpoint.ts'

export interface PersonalTokenToInsert {
  readonly access?: PersonalAccess
  /** By default, everything that the person can access. */
  readonly repositoryIds?: readonly string[]
  readonly label?: string
  readonly expiresAt?: Date | null
  readonly deactivatedAt?: Date | null
}

/** Inserts a token of a person into the database. */
export async function generatePersonalToken(
  postern: Postern,
  userId: string,
  token: PersonalTokenToInsert = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const {
    access = 'READ_WRITE_DELETE',
    repositoryIds,
    label = 'laptop',
    expiresAt = null,
    deactivatedAt = null,
  } = token
  const em = postern.em()
  const [createdAt, namespace, createdBy] = [new Date(), userId, userId]
  const id = newId('tok', createdAt)
  const columns = { label, description: null, pullLimit: null, createdAt, createdBy, expiresAt, deactivatedAt, access }
  em.create(AccessToken, { id, namespace, ...columns, session: null })

  const secret = mintSecret(postern.config.tokenBrand, 'pat')
  const hash = hashSecret(secret.reveal(), deriveKeys(postern.config.secretKey).tokenHashKey)
  em.create(AccessTokenSecret, {
    id: newId('sec', createdAt),
    namespace,
    token: id,
    hash,
    hint: secret.hint,
    createdAt,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })

  const named = repositoryIds && (await em.find(Repository, { id: { $in: [...repositoryIds] } }))
  const reaches = named ?? [null]
  for (const [position, repository] of reaches.entries())
    em.create(AccessTokenScope, {
      token: id,
      position,
      namespace,
      kind: repository === null ? 'REACHABLE_REPOSITORIES' : 'NAMED_REPOSITORY',
      repository: repository?.id ?? null,
      repositoryNamespace: repository?.namespace ?? null,
      permissions: [...accessPermissions[access]],
    })
  await em.flush()
  return { id, secret: secret.reveal() }
}

/** Inserts a token of a person by username, and returns what they log in to the registry with. */
export async function insertPersonalToken(
  postern: Postern,
  username: string,
  access: PersonalAccess,
  repositories: ReadonlyArray<{ readonly id: string }> | null = null,
): Promise<Login> {
  const { id } = await postern.em().findOneOrFail(User, { username })
  const repositoryIds = repositories?.map((repository) => repository.id)
  const { secret } = await generatePersonalToken(postern, id, { access, ...(repositoryIds && { repositoryIds }) })
  return { username, password: secret }
}
