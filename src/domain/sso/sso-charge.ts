import { providerSignIns } from '../guess/budgets.ts'
import type { Charge } from '../guess/failure-counter.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'

/** The budget that a sign-in through a provider uses from its start until it is completed. */
export function ssoCharge(context: RequestContext): Charge {
  return { budget: providerSignIns, subject: clientNetwork(context.origin.ipAddress) }
}
