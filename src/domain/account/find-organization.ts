import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { maySeeOrganization } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import { findOrganizationByName, findOrganizationsByIds } from './organization-store.ts'

/** The organization of that name, if the principal can see it. Null if not, whether it exists or not. */
export async function findOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<OrganizationRow | null> {
  if (!isNamespaceName(name)) return null
  const organization = await findOrganizationByName(em, name)
  return organization !== null && maySeeOrganization(principal, organization.id) ? organization : null
}

/** The organizations with these ids that the principal can see, in no order. At most one statement. */
export async function findOrganizationsById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<OrganizationRow[]> {
  const visible = ids.filter((id) => maySeeOrganization(principal, id))
  return visible.length === 0 ? [] : findOrganizationsByIds(em, visible)
}
