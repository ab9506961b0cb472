import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement } from '../sql/statement.ts'

/** How much an installation has. */
export interface InstallationCounts {
  readonly organizations: number
  readonly people: number
}

const selectCounts = statement((db) =>
  db.selectNoFrom((select) => [
    select.selectFrom('organization').select(sql<number>`count(*)::int`.as('count')).as('organizations'),
    select.selectFrom('user_account').select(sql<number>`count(*)::int`.as('count')).as('people'),
  ]),
)

/** The numbers of organizations and people. Reads a whole index of each. */
export async function countInstallation(em: EntityManager): Promise<InstallationCounts> {
  const [counts] = await selectCounts(em, {})
  return { organizations: counts?.organizations ?? 0, people: counts?.people ?? 0 }
}
