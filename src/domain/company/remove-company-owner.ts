import { findUser } from '../account/user-store.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { deleteCompanyOwner, findOwnerIds } from './company-owner-store.ts'
import { type CompanyRow, lockCompany } from './company-store.ts'
import { recordOwnerChange } from './record-owner-change.ts'
import { requireCompany } from './require-company.ts'

/**
 * Removes an owner from a company, except the last one. The company is locked while its owners are counted, so that
 * concurrent removals leave one, too. For its owners and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, LAST_OWNER).
 */
export async function removeCompanyOwner(context: RequestContext, name: string, username: string): Promise<CompanyRow> {
  const company = await requireCompany(context, name)
  const owner = await findUser(context.em, username)
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const ownerIds = await findOwnerIds(em, company.id)
    if (owner === null || !ownerIds.includes(owner.id))
      throwInvalid('NOT_FOUND', ['username'], 'This company has no owner of this username. Check the name.')
    if (ownerIds.length === 1)
      throwInvalid('LAST_OWNER', ['username'], 'This is the last owner of the company. Add another one first.')
    await deleteCompanyOwner(em, company.id, owner.id)
    await recordOwnerChange(context, em, 'company.owner_remove', company, owner)
  })
  return company
}
