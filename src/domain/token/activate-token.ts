import type { Call } from '../call.ts'
import { lockManagedToken, requireActive } from './require-token.ts'

/**
 * Activates a token. An inactive organization token stays inactive: it can only be deleted. For one that is active
 * already nothing happens.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED).
 */
export async function activateToken(call: Call, id: string): Promise<void> {
  await call.em.transactional(async (em) => {
    requireActive(await lockManagedToken(call, em, id), call.now)
  })
}
