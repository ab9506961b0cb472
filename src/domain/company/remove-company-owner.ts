import { findUser } from '../account/user-store.ts'
import { CompanyOwner } from '../model/company.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import type { CompanyRow } from './find-company.ts'
import { recordOwnerChange } from './record-owner-change.ts'
import { lockCompany, requireCompany } from './require-company.ts'

/**
 * Takes a company from one of its owners; the last one stays, however many are removed at once: the company's row is locked
 * while they are counted. For its owners and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, LAST_OWNER).
 */
export async function removeCompanyOwner(context: RequestContext, name: string, username: string): Promise<CompanyRow> {
  const company = await requireCompany(context, name)
  const owner = await findUser(context.em, username)
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const owners = await kysely(em)
      .selectFrom('company_owner')
      .select('user_id')
      .where('company_id', '=', company.id)
      .execute()
    if (owner === null || !owners.some(({ user_id }) => user_id === owner.id))
      throwInvalid('NOT_FOUND', ['username'], 'This company has no owner of this username. Check the name.')
    if (owners.length === 1)
      throwInvalid('LAST_OWNER', ['username'], 'This is the last owner of the company. Add another one first.')
    await em.nativeDelete(CompanyOwner, { company: company.id, user: owner.id })
    await recordOwnerChange(context, em, 'company.owner_remove', company, owner)
  })
  return company
}
