import { findUser } from '../account/user-store.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { insertCompanyOwner } from './company-owner-store.ts'
import { type CompanyRow, lockCompany } from './company-store.ts'
import { noSuchPerson } from './create-company.ts'
import { recordOwnerChange } from './record-owner-change.ts'
import { requireCompany } from './require-company.ts'

/**
 * Adds an owner to a company. If they are one already, nothing happens. For its owners and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function addCompanyOwner(context: RequestContext, name: string, username: string): Promise<CompanyRow> {
  const company = await requireCompany(context, name)
  const owner = (await findUser(context.em, username)) ?? throwInvalid('NOT_FOUND', ['username'], noSuchPerson)
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    if (await insertCompanyOwner(em, company.id, owner.id))
      await recordOwnerChange(context, em, 'company.owner_add', company, owner)
  })
  return company
}
