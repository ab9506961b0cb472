import { Namespace } from '../account/namespace.ts'
import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { Faults } from '../errors.ts'
import { parseOptionalText, parseText } from '../text.ts'
import { AccessTokenScope } from './access-token.ts'
import { parseScopes, type ScopeInput } from './parse-scopes.ts'
import { lockManagedToken, requireActive } from './require-token.ts'
import { insertScopes, resolveScopes } from './resolve-scopes.ts'
import { checkPullLimit, labelRule, tokenDescriptionRule } from './token-rules.ts'

/** Absent: unchanged. A description or pull limit of null is taken away. */
export interface UpdateTokenInput {
  readonly label?: string | null | undefined
  readonly description?: string | null | undefined
  readonly scopes?: readonly ScopeInput[] | null | undefined
  readonly pullLimit?: number | null | undefined
}

/**
 * Changes the label, description, scopes or pull limit of an active token; the expiry never changes.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED, INVALID,
 * SCOPE_NOT_ALLOWED).
 */
export async function updateToken(call: Call, id: string, input: UpdateTokenInput): Promise<void> {
  await call.em.transactional(async (em) => {
    const token = await lockManagedToken(call, em, id)
    requireActive(token, call.now)
    const organization = await em.findOneOrFail(Namespace, { id: token.namespace })

    const faults = new Faults()
    const data: Record<string, string> = {}
    if (input.label !== undefined) {
      token.label = parseText(input.label, labelRule, ['input', 'label'], faults)
      data.label = token.label
    }
    if (input.description !== undefined) {
      token.description = parseOptionalText(input.description, tokenDescriptionRule, ['input', 'description'], faults)
      data.description = token.description ?? ''
    }
    if (input.pullLimit !== undefined) {
      checkPullLimit(input.pullLimit, ['input', 'pullLimit'], faults)
      token.pullLimit = input.pullLimit
      data.pullLimit = String(input.pullLimit ?? 'plan')
    }
    if (input.scopes !== undefined) {
      const path = ['input', 'scopes']
      const parsed = parseScopes(input.scopes ?? [], organization.name, path, faults)
      const scopes = await resolveScopes(em, parsed, organization, path, faults)
      faults.refuseIfAny()
      await em.nativeDelete(AccessTokenScope, { token: token.id })
      insertScopes(em, { id: token.id, namespaceId: token.namespace }, scopes)
      data.scopes = scopes.map((scope) => scope.path).join(' ')
    }
    faults.refuseIfAny()
    if (Object.keys(data).length === 0) return
    recordActivity(call, em, {
      namespaceId: token.namespace,
      action: 'access_token.update',
      target: token.label,
      token,
      data,
    })
  })
}
