import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  GenerateOrganizationTokenDocument,
  type GenerateOrganizationTokenInput,
  type ScopeInput,
  type UserErrorCode,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { Membership, type OrganizationRole } from '../../src/domain/model/membership.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Client } from '../harness/client.ts'

/** A scope for every repository of an organization. */
export function everyRepository(organization = 'acme'): ScopeInput {
  return { resource: 'REPOSITORY', path: `${organization}/*`, permissions: ['IMAGE_PUSH'] }
}

/**
 * Generates a token of `acme` that is valid unless `input` says otherwise. Returns the payload, which may have user
 * errors.
 */
export async function tryToGenerate(owner: Client, input: Partial<GenerateOrganizationTokenInput> = {}) {
  const { generateOrganizationToken: payload } = await owner.execute(GenerateOrganizationTokenDocument, {
    input: { organization: 'acme', label: 'ci', scopes: [everyRepository(input.organization)], ...input },
  })
  return payload
}

interface Refusable {
  readonly userErrors: ReadonlyArray<{
    readonly code: UserErrorCode
    readonly message: string
    readonly path: readonly string[]
  }>
}

/** The user errors of a payload, each as its code and path: `INVALID input.label`. */
export function faultsOf({ userErrors }: Refusable): string[] {
  for (const { message } of userErrors)
    if (!/^\S.{20,}\.$/s.test(message)) throw new Error(`"${message}" is no sentence.`)
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

/** Changes tokens so that they expired a minute ago, which no mutation can. */
export async function expire(em: EntityManager, ...ids: readonly string[]): Promise<void> {
  await em.nativeUpdate(AccessToken, { id: { $in: [...ids] } }, { expiresAt: new Date(Date.now() - 60_000) })
}

/** Adds a person, by username, as a member of an organization, by id. */
export async function addMember(
  em: EntityManager,
  organizationId: string,
  username: string,
  role: OrganizationRole,
): Promise<void> {
  const userId = await userIdOf(em, username)
  await em.insert(Membership, { organization: organizationId, user: userId, role, joinedAt: new Date() })
}

/** The id of a person. */
export async function userIdOf(em: EntityManager, username: string): Promise<string> {
  const [user] = await em.execute<Array<{ id: string }>>('select id from user_account where username = ?', [username])
  if (user === undefined) throw new Error(`There is no ${username}.`)
  return user.id
}

export interface TokenToInsert {
  readonly label?: string
  readonly description?: string
  readonly createdBy?: string
  readonly expiresAt?: Date
  readonly deactivatedAt?: Date
}

/** Inserts tokens into the database, beyond every limit, and returns their ids in the given order. */
export async function insertTokens(
  em: EntityManager,
  organizationId: string,
  tokens: readonly TokenToInsert[],
): Promise<string[]> {
  const start = Date.now() - tokens.length
  const ids: string[] = []
  for (const [index, token] of tokens.entries()) {
    const createdAt = new Date(start + index)
    const id = newId('tok', createdAt)
    em.create(AccessToken, {
      label: 'ci',
      description: null,
      pullLimit: null,
      createdBy: null,
      expiresAt: null,
      deactivatedAt: null,
      ...token,
      id,
      namespace: organizationId,
      createdAt,
    })
    em.create(AccessTokenSecret, {
      id: newId('sec', createdAt),
      namespace: organizationId,
      token: id,
      hash: randomBytes(32),
      hint: 'abcd',
      createdAt,
      expiresAt: null,
      lastUsedAt: null,
    })
    em.create(AccessTokenScope, {
      token: id,
      position: 0,
      namespace: organizationId,
      kind: 'ALL_REPOSITORIES',
      repository: null,
      permissions: ['IMAGE_PUSH'],
    })
    ids.push(id)
  }
  await em.flush()
  return ids
}

/** The actions that one organization token is granted on a repository by the token endpoint. */
export async function grantedActions(
  url: string,
  credentials: { readonly username: string; readonly secret: string },
  repository: string,
  actions = 'pull,push,delete',
): Promise<{ readonly status: number; readonly actions: readonly string[] }> {
  const { username, secret } = credentials
  const authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
  const response = await fetch(`${url}/token?service=registry&scope=repository:${repository}:${actions}`, {
    headers: { authorization },
  })
  const { token } = (await response.json()) as { token?: string }
  const payload = token === undefined ? '{}' : Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const { access = [] } = JSON.parse(payload) as { access?: ReadonlyArray<{ actions: readonly string[] }> }
  return { status: response.status, actions: access[0]?.actions ?? [] }
}
