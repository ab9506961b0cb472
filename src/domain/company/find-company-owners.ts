import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { selectUsers, type UserRow } from '../account/user-store.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

const selectOwners = statement((db, value: ValueOf<{ companyIds: readonly string[] }>) =>
  selectUsers(db)
    .innerJoin('company_owner', 'user_id', 'id')
    .select('company_id as companyId')
    .where('company_id', '=', sql<string>`any(${value('companyIds')})`)
    .orderBy('username'),
)

/** The owners of each of these companies, by username. One statement. */
export async function findCompanyOwners(em: EntityManager, companyIds: readonly string[]): Promise<UserRow[][]> {
  const owners = await selectOwners(em, { companyIds })
  return companyIds.map((id) => owners.filter(({ companyId }) => companyId === id))
}
