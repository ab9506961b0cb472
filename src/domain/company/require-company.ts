import type { EntityManager } from '@mikro-orm/postgresql'
import type { Call } from '../policy/call.ts'
import { requirePerson } from '../policy/require.ts'
import { refuse } from '../shared/errors.ts'
import { sqlOf } from '../sql/tables.ts'
import { type CompanyRow, findCompany } from './find-company.ts'

/**
 * The company of that name, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and
 * `InputRefused` (NOT_FOUND), the same for one that is not the caller's to manage and one that is not there.
 */
export async function requireCompany(call: Call, name: string): Promise<CompanyRow> {
  requirePerson(call.principal)
  return (await findCompany(call.em, call.principal, name)) ?? refuseUnknownCompany()
}

/** Throws `InputRefused` (NOT_FOUND), the same for one that the caller may not know of and one that is not there. */
export function refuseUnknownCompany(): never {
  refuse('NOT_FOUND', ['company'], 'There is no company of this name that you manage. Check the name.')
}

/** Has others who change the company's owners or organizations wait until the transaction that `em` is in has ended. */
export async function lockCompany(em: EntityManager, id: string): Promise<void> {
  await sqlOf(em).selectFrom('company').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}
