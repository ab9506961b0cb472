import { lockUser } from '../account/user-store.ts'
import { insertToken } from '../identity/insert-token.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import { expiryErrors, idempotencyKeyInput, labelInput, tokenDescriptionInput } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { newId } from '../shared/id.ts'
import { checkInput, requireValid, throwIfAny } from '../shared/input.ts'
import { claimIdempotencyKey } from './claim-idempotency-key.ts'
import type { GeneratedToken } from './generate-organization-token.ts'
import { parseRepositories, resolveRepositories } from './personal-scopes.ts'
import { requireGenerationRate } from './require-generation-rate.ts'

export interface GeneratePersonalTokenInput {
  readonly label: string
  readonly description?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly access: PersonalAccess
  /** Full names. Null means every repository that the person can reach. */
  readonly repositories?: readonly string[] | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

const shape = {
  label: labelInput,
  description: tokenDescriptionInput.default(null),
  idempotencyKey: idempotencyKeyInput,
}
const repositoriesPath = ['input', 'repositories']

/**
 * Generates a personal token of the caller. The number of tokens per hour is exact: the person's row is locked while
 * they are counted. A repeated request with the same idempotency key and input returns the same token, without a
 * secret.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID, NOT_FOUND,
 * IDEMPOTENCY_CONFLICT).
 */
export async function generatePersonalToken(
  context: RequestContext,
  input: GeneratePersonalTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(context.principal)
  const wanted = await parseWanted(context, input)
  const request = { namespaceId: user.id, actorId: user.id, key: wanted.idempotencyKey, wanted }
  return context.em.transactional(async (em) => {
    await lockUser(em, user.id)
    const id = newId('tok', context.now)
    const earlierId = await claimIdempotencyKey(context, em, request, id)
    if (earlierId !== null) return { tokenId: earlierId, secret: null }
    await requireGenerationRate(context, em, user.id)

    const { label, description, expiresAt, access, repositories } = wanted
    const { scopes, errors } = await resolveRepositories(context, em, access, repositories, repositoriesPath)
    throwIfAny(errors)
    const { token, secret } = insertToken(context, em, {
      id,
      namespaceId: user.id,
      label,
      description,
      expiresAt,
      pullLimit: null,
      access,
      createdById: user.id,
      scopes,
      sessionId: null,
    })
    recordActivity(context, em, {
      namespaceId: user.id,
      action: 'access_token.create',
      target: label,
      token,
      data: {
        access,
        expiresAt: expiresAt?.toISOString() ?? 'never',
        scopes: scopes.map(({ path }) => path).join(' '),
      },
    })
    return { tokenId: id, secret }
  })
}

/** If anything is invalid, the errors include missing repositories. The order is that of earlier idempotency keys. */
async function parseWanted(context: RequestContext, input: GeneratePersonalTokenInput) {
  const { access } = input
  const expiresAt = input.expiresAt ?? null
  const checked = checkInput(shape, input)
  const { repositories, errors } = parseRepositories(input.repositories ?? null, repositoriesPath)
  const others = [...errors, ...expiryErrors(expiresAt, context.now, null, ['input', 'expiresAt'])]
  if (!checked.isValid || others.length > 0)
    others.push(...(await resolveRepositories(context, context.em, access, repositories, repositoriesPath)).errors)
  const { label, description, idempotencyKey } = requireValid(checked, others)
  return { label, description, expiresAt, access, repositories, idempotencyKey }
}
