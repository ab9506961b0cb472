import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { kysely } from '../sql/tables.ts'
import type { ProviderAccount } from './openid.ts'

/** The account that is linked to one at a provider. */
export async function findLinkedAccount(
  em: EntityManager,
  organizationId: string,
  { issuer, subject }: Pick<ProviderAccount, 'issuer' | 'subject'>,
) {
  const account = await kysely(em)
    .selectFrom('sso_identity as i')
    .innerJoin('user_account as u', 'u.id', 'i.user_id')
    .select(['u.id', 'u.username', 'u.is_administrator as isAdministrator'])
    .where('i.organization_id', '=', organizationId)
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .executeTakeFirst()
  return account ?? null
}

/** Whether an account has this e-mail address, in upper or lower case. */
export async function findHasEmail(em: EntityManager, email: string): Promise<boolean> {
  const account = await kysely(em)
    .selectFrom('user_account')
    .select('id')
    .where(sql`lower(email)`, '=', sql`lower(${email})`)
    .executeTakeFirst()
  return account !== undefined
}

/** Those of the names that a person or organization has. */
export async function findTakenNames(em: EntityManager, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await kysely(em).selectFrom('namespace').select('name').where('name', 'in', names).execute()
  return new Set(rows.map(({ name }) => name))
}
