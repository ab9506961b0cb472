import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { AccessToken } from '../model/access-token.ts'
import { Namespace } from '../model/namespace.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import { checkPullLimit, labelRule, tokenDescriptionRule } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors } from '../shared/errors.ts'
import { parseOptionalText, parseText } from '../shared/text.ts'
import { parseScopes, type ScopeInput } from './parse-scopes.ts'
import { parseRepositories, resolveRepositories, scopesWithAccess } from './personal-scopes.ts'
import { lockManagedToken, requireChangeable } from './require-token.ts'
import { type ResolvedScope, replaceScopes, resolveScopes } from './resolve-scopes.ts'

/** Absent: unchanged. A description or pull limit of null is taken away. */
export interface UpdateTokenInput {
  readonly label?: string | null | undefined
  readonly description?: string | null | undefined
  /** Of tokens of organizations, as is the pull limit. */
  readonly scopes?: readonly ScopeInput[] | null | undefined
  readonly pullLimit?: number | null | undefined
  /** Of tokens that people generated, as are the repositories. */
  readonly access?: PersonalAccess | null | undefined
  /** Null: every repository that the person can reach. */
  readonly repositories?: readonly string[] | null | undefined
}

/**
 * Changes the label, description and reach of a token, and the pull limit of an organization's; the expiry never changes.
 * Where all is as it was, nothing is written.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED, INVALID,
 * SCOPE_NOT_ALLOWED).
 */
export async function updateToken(context: RequestContext, id: string, input: UpdateTokenInput): Promise<void> {
  await context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    requireChangeable(token, context.now)
    const errors = new InputErrors()
    const wanted = parseInput(token, input, errors)
    const scopes = await wantedScopes(context, em, token, input, errors)
    errors.throwIfAny()

    const data: Record<string, string> = {}
    for (const [name, value] of Object.entries(wanted))
      if (Reflect.get(token, name) !== value) data[name] = String(value ?? (name === 'pullLimit' ? 'plan' : ''))
    Object.assign(token, wanted)
    if (scopes !== null && (await replaceScopes(em, { id: token.id, namespaceId: token.namespace }, scopes)))
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

function parseInput(token: AccessToken, input: UpdateTokenInput, errors: InputErrors) {
  const at = (member: string) => ['input', member]
  const description = () => parseOptionalText(input.description, tokenDescriptionRule, at('description'), errors)
  const wanted = {
    label: input.label === undefined ? token.label : parseText(input.label, labelRule, at('label'), errors),
    description: input.description === undefined ? (token.description ?? null) : description(),
    pullLimit: input.pullLimit === undefined ? (token.pullLimit ?? null) : input.pullLimit,
    access: input.access ?? token.access,
  }
  checkPullLimit(wanted.pullLimit, at('pullLimit'), errors)
  for (const [member, message] of Object.entries(unfit(token)))
    if (Reflect.get(input, member) !== undefined) errors.add('INVALID', at(member), message)
  if (input.access === null && token.access !== null)
    errors.add('INVALID', at('access'), 'Choose an access, or leave it out to keep the one there is.')
  return wanted
}

/** The members of the input that a token of this kind does not have, and what to do about each. */
function unfit({ access, session }: AccessToken): Readonly<Record<string, string>> {
  if (access === null) {
    const message = 'This is for personal tokens. What an organization token may do is said by its scopes.'
    return { access: message, repositories: message }
  }
  const scopes = 'This is for organization tokens. What a personal token may do is said by its access and repositories.'
  const pullLimit = 'This is for organization tokens. All tokens of a person share the pulls of that person.'
  if (session === null) return { scopes, pullLimit }
  const reach = 'What a device may do is not for change. Generate a token yourself for less, and delete this one.'
  return { scopes, pullLimit, access: reach, repositories: reach }
}

/** Null: they stay as they are. */
async function wantedScopes(
  context: RequestContext,
  em: EntityManager,
  token: AccessToken,
  input: UpdateTokenInput,
  errors: InputErrors,
): Promise<ResolvedScope[] | null> {
  if (token.access === null) {
    if (input.scopes === undefined) return null
    const organization = await em.findOneOrFail(Namespace, { id: token.namespace })
    const path = ['input', 'scopes']
    return resolveScopes(
      em,
      parseScopes(input.scopes ?? [], organization.name, path, errors),
      organization,
      path,
      errors,
    )
  }
  const access = input.access ?? token.access
  if (input.repositories === undefined)
    return input.access ? scopesWithAccess(em, token, access, ['input', 'access'], errors) : null
  const path = ['input', 'repositories']
  return resolveRepositories(context, em, access, parseRepositories(input.repositories, path, errors), path, errors)
}
