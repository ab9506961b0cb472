import type { EntityManager } from '@mikro-orm/postgresql'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { type CompanyRow, findCompany } from './find-company.ts'

/**
 * The company of that name, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and
 * `InvalidInput` (NOT_FOUND), the same for one that is not the caller's to manage and one that is not there.
 */
export async function requireCompany(context: RequestContext, name: string): Promise<CompanyRow> {
  requirePerson(context.principal)
  return (await findCompany(context.em, context.principal, name)) ?? throwUnknownCompany()
}

/** Throws `InvalidInput` (NOT_FOUND), the same for one that the caller may not know of and one that is not there. */
export function throwUnknownCompany(): never {
  throwInvalid('NOT_FOUND', ['company'], 'There is no company of this name that you manage. Check the name.')
}

/** Has others who change the company's owners or organizations wait until the transaction that `em` is in has ended. */
export async function lockCompany(em: EntityManager, id: string): Promise<void> {
  await kysely(em).selectFrom('company').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}
