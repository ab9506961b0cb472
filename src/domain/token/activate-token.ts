import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { type AccessToken, statusOf } from '../model/access-token.ts'
import { Organization } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockManagedToken, requireActive, requireUnexpired } from './require-token.ts'

/**
 * Activates a personal token, or a token of an organization whose policy allows it. Other inactive organization tokens
 * can only be deleted. An active token stays as it is.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED).
 */
export async function activateToken(context: RequestContext, id: string): Promise<void> {
  await context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    requireUnexpired(token, context.now)
    if (statusOf(token, context.now) === 'ACTIVE') return
    if (!(await mayBeActivated(em, token))) requireActive(token, context.now)
    token.deactivatedAt = null
    recordActivity(context, em, {
      namespaceId: token.namespace,
      action: 'access_token.activate',
      target: token.label,
      token,
    })
  })
}

async function mayBeActivated(em: EntityManager, token: AccessToken): Promise<boolean> {
  if (token.access !== null) return true
  const organization = await em.findOneOrFail(Organization, { id: token.namespace })
  return organization.allowTokenReactivation
}
