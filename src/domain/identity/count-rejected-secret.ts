import { rejectedSecrets } from '../guess/budgets.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'

/**
 * Counts a token or session that was rejected; `tokenId` is that of a token that exists, whose failures count apart, so that a
 * pipeline with an old token does not use up the budget of all others at its network. Throws `Denied` (TOO_MANY_REQUESTS) when
 * there were too many before. Whoever comes with a valid one is never counted, and never denied.
 */
export function countRejectedSecret(context: Omit<RequestContext, 'principal'>, tokenId: string | null): void {
  const network = clientNetwork(context.origin.ipAddress)
  const subject = tokenId === null ? network : `${network} ${tokenId}`
  // What is left is not told: it would tell a token that has ended from one that never was.
  context.guesses.count({ budget: rejectedSecrets, subject })
}
