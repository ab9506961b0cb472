import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { AccessToken } from '../model/access-token.ts'
import { Organization } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockManagedToken, requireNotInactive, requireUnexpired, requireUnsuspended } from './require-token.ts'

/**
 * Activates a personal token, or a token of an organization whose policy allows it. Other inactive organization tokens
 * can only be deleted. An active token stays as it is.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED,
 * PLAN_REQUIRED).
 */
export async function activateToken(context: RequestContext, id: string): Promise<void> {
  await context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    requireUnexpired(token, context.now)
    requireUnsuspended(context, token)
    if (token.deactivatedAt === null) return
    if (!(await mayBeActivated(em, token))) requireNotInactive(token, context.now)
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
