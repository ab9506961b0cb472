import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { UsageWindow } from '../usage/usage-tables.ts'
import { lockManagedToken } from './require-token.ts'

/**
 * Deletes a token of any status, with its secrets, scopes and counts, and so frees its place in the plan. Its events
 * stay. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function deleteToken(call: Call, id: string): Promise<void> {
  await call.em.transactional(async (em) => {
    const token = await lockManagedToken(call, em, id)
    recordActivity(call, em, {
      namespaceId: token.namespace,
      action: 'access_token.delete',
      target: token.label,
      token,
    })
    await em.nativeDelete(UsageWindow, { namespace: token.namespace, subjectId: token.id })
    em.remove(token)
  })
}
