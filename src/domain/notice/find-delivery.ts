import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type PageRequest } from '../shared/page.ts'
import { type DeliveryRow, findDelivery } from './delivery-store.ts'

/** The delivery with that id, if the caller manages its webhook. Null if not, whether it exists or not. */
export async function findVisibleDelivery({ em, principal }: RequestContext, id: string): Promise<DeliveryRow | null> {
  if (idPrefixOf(id) !== 'whd') return null
  const delivery = await findDelivery(em, id)
  return delivery !== null && mayEditOrganization(principal, delivery.organizationId) ? delivery : null
}

/** Throws `Denied` (BAD_USER_INPUT) for the cursor of another list. */
export function checkDeliveryCursor({ cursor }: PageRequest): void {
  if (cursor !== null && idPrefixOf(cursor) !== 'whd') throw foreignCursor()
}
