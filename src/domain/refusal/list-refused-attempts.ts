import { mayManageTokens } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { Denied } from '../shared/errors.ts'
import { listAttemptsOfAccount, type RefusedAttemptRow } from './refused-attempt-store.ts'

/**
 * The latest denied and rejected attempts with the name of an organization or a person but without one of their tokens,
 * newest first. Throws `Denied` (FORBIDDEN) unless the caller manages the tokens.
 */
export async function listRefusedAttempts(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  ownerId: string,
): Promise<RefusedAttemptRow[]> {
  if (!mayManageTokens(principal, ownerId))
    throw new Denied('FORBIDDEN', 'Only those who manage the access tokens of an account see its denied attempts.')
  return listAttemptsOfAccount(em, ownerId)
}
