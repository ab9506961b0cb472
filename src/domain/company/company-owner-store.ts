import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { selectUsers, type UserRow } from '../account/user-store.ts'
import { CompanyOwner } from '../model/company.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'

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

export async function findOwnerIds(em: EntityManager, companyId: string): Promise<string[]> {
  const owners = await kysely(em)
    .selectFrom('company_owner')
    .select('user_id')
    .where('company_id', '=', companyId)
    .execute()
  return owners.map(({ user_id }) => user_id)
}

/** Adds an owner. Returns false, and changes nothing, if they are one already. */
export async function insertCompanyOwner(em: EntityManager, companyId: string, userId: string): Promise<boolean> {
  const inserted = await kysely(em)
    .insertInto('company_owner')
    .values({ company_id: companyId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('user_id')
    .execute()
  return inserted.length > 0
}

export async function deleteCompanyOwner(em: EntityManager, companyId: string, userId: string): Promise<void> {
  await em.nativeDelete(CompanyOwner, { company: companyId, user: userId })
}
