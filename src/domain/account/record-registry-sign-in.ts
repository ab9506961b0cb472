import { recordActivity } from '../journal/record-activity.ts'
import type { Call } from '../policy/call.ts'

/** Records that a person has logged in at the registry with their password; for everybody else, nothing happens. */
export async function recordRegistrySignIn(call: Call): Promise<void> {
  const { principal } = call
  if (principal.kind !== 'PASSWORD') return
  const { id, username } = principal.user
  await call.em.fork().transactional(async (em) => {
    const data = { via: 'registry' }
    recordActivity(call, em, { namespaceId: id, action: 'user.sign_in', target: username, data })
  })
}
