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

/** A scope of every repository of an organization. */
export function everyRepository(organization = 'acme'): ScopeInput {
  return { resource: 'REPOSITORY', path: `${organization}/*`, permissions: ['IMAGE_PUSH'] }
}

/** Asks for a token of `acme` that works unless `input` says otherwise; answers the payload, refusals included. */
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

/** The faults of a payload, each as its code and the place in the arguments: `INVALID input.label`. */
export function faultsOf({ userErrors }: Refusable): string[] {
  for (const { message } of userErrors)
    if (!/^\S.{20,}\.$/s.test(message)) throw new Error(`"${message}" is no sentence.`)
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

/** Lets these tokens have expired a minute ago, which no mutation can. */
export async function expire(em: EntityManager, ...ids: readonly string[]): Promise<void> {
  await em.nativeUpdate(AccessToken, { id: { $in: [...ids] } }, { expiresAt: new Date(Date.now() - 60_000) })
}

/** Makes a person, by their username, a member of an organization, by its id. */
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

/** Writes tokens into the database, past every limit, and answers their ids in the order given. */
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

/** One and the same token of the organization over the registry's door: what it may do with a repository. */
export async function grantedActions(
  url: string,
  credentials: { readonly username: string; readonly secret: string },
  repository: string,
  actions = 'pull,push,delete',
): Promise<{ readonly status: number; readonly actions: readonly string[] }> {
  const { username, secret } = credentials
  const authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
  const answer = await fetch(`${url}/token?service=registry&scope=repository:${repository}:${actions}`, {
    headers: { authorization },
  })
  const { token } = (await answer.json()) as { token?: string }
  const payload = token === undefined ? '{}' : Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const { access = [] } = JSON.parse(payload) as { access?: ReadonlyArray<{ actions: readonly string[] }> }
  return { status: answer.status, actions: access[0]?.actions ?? [] }
}
