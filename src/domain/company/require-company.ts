import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import type { CompanyRow } from './company-store.ts'
import { findCompany } from './find-company.ts'

/**
 * The company of that name, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token)
 * and `InvalidInput` (NOT_FOUND) if there is no such company or the caller does not manage it.
 */
export async function requireCompany(context: RequestContext, name: string): Promise<CompanyRow> {
  requirePerson(context.principal)
  return (await findCompany(context.em, context.principal, name)) ?? throwUnknownCompany()
}

export function throwUnknownCompany(): never {
  throwInvalid('NOT_FOUND', ['company'], 'There is no company of this name that you manage. Check the name.')
}
