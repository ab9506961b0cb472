import { rejectedSecrets } from '../guess/budgets.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'

/**
 * Counts a token or session that was rejected. A token that exists (`tokenId`) counts apart, so that a pipeline with an old
 * token does not use up the budget of others in its network. Once the budget of the network is used up, every rejected
 * secret is denied: otherwise the status would disclose which ones exist. Valid secrets are never counted and never denied.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) when there were too many before.
 */
export function countRejectedSecret(context: Omit<RequestContext, 'principal'>, tokenId: string | null): void {
  const { guesses, origin } = context
  const ofNetwork = { budget: rejectedSecrets, subject: clientNetwork(origin.ipAddress) }
  if (tokenId !== null) guesses.requireRoom(ofNetwork)
  const subject = tokenId === null ? ofNetwork.subject : `${ofNetwork.subject} ${tokenId}`
  // What remains is not returned, because it would disclose whether a token existed.
  guesses.count({ budget: rejectedSecrets, subject })
}
