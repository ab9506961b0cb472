import type { EntityManager } from '@mikro-orm/postgresql'
import { insertScopes, type ResolvedScope } from '../identity/insert-token.ts'
import { deleteScopes, findScopesOfToken } from '../identity/scope-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { AccessToken } from '../model/access-token.ts'
import { Namespace } from '../model/namespace.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import { labelInput, pullLimitInput, tokenDescriptionInput } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { UserError } from '../shared/errors.ts'
import { checkInput, requireValid } from '../shared/input.ts'
import { parseScopes, resolveScopes, type ScopeInput } from './organization-scopes.ts'
import { parseRepositories, resolveRepositories, scopesWithAccess } from './personal-scopes.ts'
import { lockManagedToken, requireChangeable } from './require-token.ts'

/** Absent: unchanged. A description or pull limit of null is removed. */
export interface UpdateTokenInput {
  readonly label?: string | null | undefined
  readonly description?: string | null | undefined
  /** Of organization tokens only, as is the pull limit. */
  readonly scopes?: readonly ScopeInput[] | null | undefined
  readonly pullLimit?: number | null | undefined
  /** Of personal tokens that a person generated only, as are the repositories. */
  readonly access?: PersonalAccess | null | undefined
  /** Null means every repository that the person can reach. */
  readonly repositories?: readonly string[] | null | undefined
}

const shape = {
  label: labelInput.optional(),
  description: tokenDescriptionInput.optional(),
  pullLimit: pullLimitInput.optional(),
}

/**
 * Changes the label, description, scopes, access and pull limit of a token. The expiry never changes. Nothing is
 * written if nothing changes.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED,
 * PLAN_REQUIRED, INVALID, SCOPE_NOT_ALLOWED).
 */
export async function updateToken(context: RequestContext, id: string, input: UpdateTokenInput): Promise<void> {
  const checked = checkInput(shape, input)
  await context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    requireChangeable(context, token)
    const wantedScopes = await resolveWantedScopes(context, em, token, input)
    const parsed = requireValid(checked, misplacedErrors(token, input), wantedScopes?.errors ?? [])

    const changes = changedMembers(token, { ...parsed, ...(input.access && { access: input.access }) })
    Object.assign(token, changes)
    const data = Object.fromEntries(
      Object.entries(changes).map(([name, value]) => [name, String(value ?? (name === 'pullLimit' ? 'plan' : ''))]),
    )
    const scopes = wantedScopes?.scopes ?? null
    if (scopes !== null && (await replaceScopes(em, token, scopes)))
      data.scopes = scopes.map(({ path }) => path).join(' ')
    if (Object.keys(data).length === 0) return
    recordActivity(context, em, {
      namespaceId: token.namespace,
      action: 'access_token.update',
      target: token.label,
      token,
      data,
    })
  })
}

function changedMembers(token: AccessToken, wanted: Partial<AccessToken>): Partial<AccessToken> {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => Reflect.get(token, name) !== value))
}

/** The errors of members that a token of this kind does not have, and of an access of null. */
function misplacedErrors(token: AccessToken, input: UpdateTokenInput): UserError[] {
  const errors = Object.entries(misplacedMessages(token))
    .filter(([member]) => Reflect.get(input, member) !== undefined)
    .map(([member, message]): UserError => ({ code: 'INVALID', path: ['input', member], message }))
  if (input.access !== null || token.access === null) return errors
  const message = 'Choose an access, or leave it out to keep the current one.'
  return [...errors, { code: 'INVALID', path: ['input', 'access'], message }]
}

function misplacedMessages({ access, session }: AccessToken): Readonly<Record<string, string>> {
  if (access === null) {
    const message = 'This is for personal tokens. The scopes of an organization token say what it may do.'
    return { access: message, repositories: message }
  }
  const scopes = 'This is for organization tokens. The access and repositories of a personal token say what it may do.'
  const pullLimit = 'This is for organization tokens. All tokens of a person share the pulls of that person.'
  if (session === null) return { scopes, pullLimit }
  const reach = 'The access of a device cannot change. Generate a token yourself for less, and delete this one.'
  return { scopes, pullLimit, access: reach, repositories: reach }
}

interface WantedScopes {
  readonly scopes: readonly ResolvedScope[]
  readonly errors: readonly UserError[]
}

/** Null: they stay as they are. */
async function resolveWantedScopes(
  context: RequestContext,
  em: EntityManager,
  token: AccessToken,
  input: UpdateTokenInput,
): Promise<WantedScopes | null> {
  if (token.access === null) {
    if (input.scopes === undefined) return null
    const path = ['input', 'scopes']
    const organization = await em.findOneOrFail(Namespace, { id: token.namespace })
    const parsed = parseScopes(input.scopes ?? [], organization.name, path)
    return withErrors(parsed.errors, await resolveScopes(em, parsed.scopes, organization, path))
  }
  const access = input.access ?? token.access
  if (input.repositories === undefined)
    return input.access ? scopesWithAccess(em, token, access, ['input', 'access']) : null
  const path = ['input', 'repositories']
  const parsed = parseRepositories(input.repositories, path)
  return withErrors(parsed.errors, await resolveRepositories(context, em, access, parsed.repositories, path))
}

function withErrors(errors: readonly UserError[], wanted: WantedScopes): WantedScopes {
  return { ...wanted, errors: [...errors, ...wanted.errors] }
}

/** Returns whether the scopes are others than before. */
async function replaceScopes(
  em: EntityManager,
  token: AccessToken,
  scopes: readonly ResolvedScope[],
): Promise<boolean> {
  const stored = await findScopesOfToken(em, { namespaceId: token.namespace, tokenId: token.id })
  const current = stored.map((scope) => ({ ...scope, repositoryId: scope.repository?.id ?? null }))
  if (toText(current) === toText(scopes)) return false
  await deleteScopes(em, token.id)
  insertScopes(em, token, scopes)
  return true
}

function toText(scopes: ReadonlyArray<Pick<ResolvedScope, 'kind' | 'repositoryId' | 'permissions'>>): string {
  return JSON.stringify(scopes.map(({ kind, repositoryId, permissions }) => [kind, repositoryId, permissions]))
}
