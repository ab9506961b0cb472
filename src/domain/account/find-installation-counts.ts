import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { administratorsOnly, requirePerson } from '../policy/require.ts'
import { countInstallation, type InstallationCounts } from './installation-store.ts'

/** How much the installation has, for administrators. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN). */
export async function findInstallationCounts({
  em,
  principal,
}: Pick<RequestContext, 'em' | 'principal'>): Promise<InstallationCounts> {
  requirePerson(principal)
  if (!isAdministrator(principal)) throw administratorsOnly()
  return countInstallation(em)
}
