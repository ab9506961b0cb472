import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import { type CompanyFacts, mayManageCompany } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A company as answers need it. */
export interface CompanyRow extends CompanyFacts {
  readonly id: string
  readonly name: string
}

const selectByName = statement((db, value: ValueOf<{ name: string; userId: string }>) =>
  selectCompanies(db, value('userId')).where('c.name', '=', value('name')),
)

/** The company of that name, when the principal manages it; else null, whether it exists or not. */
export async function findCompany(em: EntityManager, principal: Principal, name: string): Promise<CompanyRow | null> {
  if (!isNamespaceName(name)) return null
  const [row] = await selectByName(em, { name, userId: asking(principal) })
  return row !== undefined && mayManageCompany(principal, row) ? row : null
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[]; userId: string }>) =>
  selectCompanies(db, value('userId')).where('c.id', '=', sql<string>`any(${value('ids')})`),
)

/** The companies with these ids, in no order, whether the principal manages them or not. One statement. */
export function findCompaniesById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<CompanyRow[]> {
  return selectByIds(em, { ids, userId: asking(principal) })
}

const selectOwned = statement((db, value: ValueOf<{ userId: string }>) =>
  selectCompanies(db, value('userId'))
    .innerJoin('company_owner as o', 'o.company_id', 'c.id')
    .where('o.user_id', '=', value('userId'))
    .orderBy('c.name'),
)

/** The companies that the principal owns, by name; none for who is no person that acts. */
export async function findOwnedCompanies(em: EntityManager, principal: Principal): Promise<CompanyRow[]> {
  return actingPerson(principal) === null ? [] : selectOwned(em, { userId: asking(principal) })
}

// Nobody has the id that is no text.
function asking(principal: Principal): string {
  return actingPerson(principal)?.user.id ?? ''
}

/** Companies as `CompanyRow`s, seen by the person with that id. */
function selectCompanies(db: Kysely<Tables>, userId: RawBuilder<string>) {
  const isOwned = sql<boolean>`exists (
    select from company_owner own where own.company_id = c.id and own.user_id = ${userId}
  )`
  return db.selectFrom('company as c').select(['c.id', 'c.name', isOwned.as('isOwned')])
}
