import { findUser } from '../account/user-store.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { noSuchPerson } from './create-company.ts'
import type { CompanyRow } from './find-company.ts'
import { recordOwnerChange } from './record-owner-change.ts'
import { lockCompany, requireCompany } from './require-company.ts'

/**
 * Makes a person an owner of a company; for one who is, nothing happens. For its owners and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function addCompanyOwner(context: RequestContext, name: string, username: string): Promise<CompanyRow> {
  const company = await requireCompany(context, name)
  const owner = (await findUser(context.em, username)) ?? throwInvalid('NOT_FOUND', ['username'], noSuchPerson)
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const added = await kysely(em)
      .insertInto('company_owner')
      .values({ company_id: company.id, user_id: owner.id })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .execute()
    if (added.length > 0) await recordOwnerChange(context, em, 'company.owner_add', company, owner)
  })
  return company
}
