import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlanTable } from '../model/plan.ts'
import type { TokenPrincipal } from '../policy/access-denial.ts'
import { findNewestHash, type TokenKey } from './secret-store.ts'
import { findOrganizationTokens, findPersonalTokens } from './token-principal-store.ts'

/** A token by its id. */
export interface TokenOfKind extends TokenKey {
  readonly isPersonal: boolean
}

/**
 * The principal of a token without its secret, found by its newest one as both protocols find it. Null: the token does
 * not exist, is inactive or suspended, or was expired at that moment.
 */
export async function findTokenPrincipal(
  em: EntityManager,
  { isPersonal, ...key }: TokenOfKind,
  plans: PlanTable,
  at: Date,
): Promise<TokenPrincipal | null> {
  const hashes = await findNewestHash(em, key)
  const [found = null] = await (isPersonal
    ? findPersonalTokens(em, hashes, at)
    : findOrganizationTokens(em, hashes, plans, at))
  return found !== null && 'scopes' in found ? found : null
}
