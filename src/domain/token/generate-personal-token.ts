import { recordActivity } from '../journal/record-activity.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import { checkExpiry, labelRule, tokenDescriptionRule } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { InputErrors } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText, parseText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'
import { claimIdempotencyKey, parseIdempotencyKey } from './claim-idempotency-key.ts'
import type { GeneratedToken } from './generate-organization-token.ts'
import { insertPersonalToken } from './insert-personal-token.ts'
import { parseRepositories, resolveRepositories } from './personal-scopes.ts'
import { requireGenerationRate } from './require-generation-rate.ts'

export interface GeneratePersonalTokenInput {
  readonly label: string
  readonly description?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly access: PersonalAccess
  /** Full names. Null: every repository that the person can reach. */
  readonly repositories?: readonly string[] | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

const repositoriesPath = ['input', 'repositories']

/**
 * Generates a personal token of the caller. Only so many are made in an hour, exactly: the person's row is locked while
 * they are counted. The same idempotency key with the same input answers the token it made, without a secret, at any time.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID, NOT_FOUND,
 * IDEMPOTENCY_CONFLICT).
 */
export async function generatePersonalToken(
  context: RequestContext,
  input: GeneratePersonalTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(context.principal)
  const errors = new InputErrors()
  const wanted = parseInput(input, context.now, errors)
  const { access, repositories } = wanted
  if (errors.hasAny) {
    // A person is told at once of repositories that are missing, too.
    await resolveRepositories(context, context.em, access, repositories, repositoriesPath, errors)
    errors.throwIfAny()
  }

  const request = { namespaceId: user.id, actorId: user.id, key: wanted.idempotencyKey, wanted }
  return context.em.transactional(async (em) => {
    await kysely(em).selectFrom('user_account').select('id').where('id', '=', user.id).forNoKeyUpdate().execute()
    const id = newId('tok', context.now)
    const made = await claimIdempotencyKey(context, em, request, id)
    if (made !== null) return { tokenId: made, secret: null }
    await requireGenerationRate(em, user.id, context.now)

    const scopes = await resolveRepositories(context, em, access, repositories, repositoriesPath, errors)
    errors.throwIfAny()
    const { label, description, expiresAt } = wanted
    const { token, secret } = insertPersonalToken(context, em, {
      id,
      userId: user.id,
      label,
      description,
      expiresAt,
      access,
      scopes,
      session: null,
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

function parseInput(input: GeneratePersonalTokenInput, now: Date, errors: InputErrors) {
  const at = (member: string) => ['input', member]
  const wanted = {
    label: parseText(input.label, labelRule, at('label'), errors),
    description: parseOptionalText(input.description, tokenDescriptionRule, at('description'), errors),
    expiresAt: input.expiresAt ?? null,
    access: input.access,
    repositories: parseRepositories(input.repositories ?? null, repositoriesPath, errors),
    idempotencyKey: parseIdempotencyKey(input.idempotencyKey, errors),
  }
  checkExpiry(wanted.expiresAt, now, null, at('expiresAt'), errors)
  return wanted
}
