import type { Permission } from '../model/permission.ts'
import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { Refusal } from '../policy/refusal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { withoutSecrets } from '../secrets/token-secret.ts'
import { withoutInvisibleCharacters } from '../shared/text.ts'

/** The most attempts of a request that are recorded. A request can name thousands of repositories. */
const maxRecorded = 50

/** A permission on a repository that a client was denied. */
interface DeniedPermission {
  readonly repository: string
  readonly permission: Permission
}

/** Records what the token of a request was denied on repositories. Requests without a token are not recorded. */
export function recordDeniedAccess(context: RequestContext, denied: readonly DeniedPermission[]): void {
  for (const each of denied.slice(0, maxRecorded)) record(context, { reason: 'PERMISSION_MISSING', ...each })
}

/**
 * Records names that no repository can have, as a client sent them: from an empty variable of a pipeline, for example.
 * Requests without a token are not recorded.
 */
export function recordInvalidNames(context: RequestContext, names: readonly string[]): void {
  for (const name of names.slice(0, maxRecorded)) {
    const repository = withoutSecrets(withoutInvisibleCharacters(name))
    record(context, { reason: 'INVALID_REPOSITORY_NAME', repository })
  }
}

/** Records that the token of a request was denied one more pull. */
export function recordUsedUpPulls(context: RequestContext): void {
  record(context, { reason: 'PULL_LIMIT_REACHED' })
}

function record(context: RequestContext, refusal: Omit<Refusal, 'subject'>): void {
  const namespaceId = usedTokenOwnerId(context.principal)
  if (namespaceId === null) return
  context.refusals.note(context, {
    subject: { namespaceId, tokenId: usedToken(context.principal)?.id ?? null },
    ...refusal,
  })
}
