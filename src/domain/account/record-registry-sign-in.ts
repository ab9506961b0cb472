import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'

/** Records that a person has logged in to the registry with their password. For other callers, nothing happens. */
export async function recordRegistrySignIn(context: RequestContext): Promise<void> {
  const { principal } = context
  if (principal.kind !== 'PASSWORD') return
  const { id, username } = principal.user
  await context.em.fork().transactional(async (em) => {
    const data = { via: 'registry' }
    recordActivity(context, em, { namespaceId: id, action: 'user.sign_in', target: username, data })
  })
}
