import { findUser } from '../account/find-user.ts'
import type { Call } from '../policy/call.ts'
import { refuse } from '../shared/errors.ts'
import { sqlOf } from '../sql/tables.ts'
import { noSuchPerson } from './create-company.ts'
import type { CompanyRow } from './find-company.ts'
import { recordOwnerChange } from './record-owner-change.ts'
import { lockCompany, requireCompany } from './require-company.ts'

/**
 * Makes a person an owner of a company; for one who is, nothing happens. For its owners and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function addCompanyOwner(call: Call, name: string, username: string): Promise<CompanyRow> {
  const company = await requireCompany(call, name)
  const owner = (await findUser(call.em, username)) ?? refuse('NOT_FOUND', ['username'], noSuchPerson)
  await call.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const added = await sqlOf(em)
      .insertInto('company_owner')
      .values({ company_id: company.id, user_id: owner.id })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .execute()
    if (added.length > 0) await recordOwnerChange(call, em, 'company.owner_add', company, owner)
  })
  return company
}
