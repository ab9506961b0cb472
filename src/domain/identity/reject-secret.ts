import { rejectedSecrets } from '../guess/budgets.ts'
import { announce } from '../journal/announce.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { anonymous, type Principal, usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { updateLateUse } from './secret-store.ts'
import type { UnusableToken } from './token-principal-store.ts'

/** A request whose caller is not known yet. */
export type UnauthenticatedContext = Omit<RequestContext, 'principal'>

/**
 * Counts a secret that was rejected. A token that exists (`tokenId`) counts apart, so that a pipeline with an old token
 * does not use up the budget of others in its network. Once the budget of the network is used up, every rejected secret
 * is denied: otherwise the status would disclose which ones exist. Valid secrets are never counted and never denied.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) after too many.
 */
export function countRejectedSecret(context: UnauthenticatedContext, tokenId: string | null): void {
  const { guesses, origin } = context
  const ofNetwork = { budget: rejectedSecrets, subject: clientNetwork(origin.ipAddress) }
  if (tokenId !== null) guesses.requireRoom(ofNetwork)
  const subject = tokenId === null ? ofNetwork.subject : `${ofNetwork.subject} ${tokenId}`
  // What remains is not returned, because it would disclose whether a token existed.
  guesses.count({ budget: rejectedSecrets, subject })
}

/**
 * Returns what a lookup found, or null if it is not usable. An unusable token is recorded as a rejected attempt, so
 * that its managers see a pipeline that a rotation forgot, or a stolen secret. Throws `Denied` (TOO_MANY_REQUESTS) if
 * nothing usable was found, and there were too many failures before.
 */
export async function rejectUnusableToken<Found>(
  context: UnauthenticatedContext,
  found: Found | UnusableToken | null,
): Promise<Found | null> {
  if (found === null) countRejectedSecret(context, null)
  if (!isUnusableToken(found)) return found
  const { namespaceId, token, reason } = found
  context.refusals.note(context, { subject: { namespaceId, tokenId: token.id }, reason })
  if (reason === 'ROTATED_SECRET') await recordLateUse(context, found)
  countRejectedSecret(context, token.id)
  return null
}

/** Records that the token of a principal was sent in quotation marks, so that its managers see why it was rejected. */
export function rejectQuoted(context: UnauthenticatedContext, principal: Principal): void {
  const token = usedToken(principal)
  const namespaceId = usedTokenOwnerId(principal)
  if (token !== null && namespaceId !== null)
    context.refusals.note(context, { subject: { namespaceId, tokenId: token.id }, reason: 'QUOTED_SECRET' })
  countRejectedSecret(context, token?.id ?? null)
}

function isUnusableToken(found: unknown): found is UnusableToken {
  return typeof found === 'object' && found !== null && Reflect.get(found, 'kind') === 'UNUSABLE_TOKEN'
}

// A client that keeps trying costs one write per minute.
const minIntervalMs = 60_000

/**
 * Keeps when a secret was last tried after its end, to the minute. Only the first time is an event, as anyone may try.
 */
async function recordLateUse(
  context: UnauthenticatedContext,
  { namespaceId, token, secret }: UnusableToken,
): Promise<void> {
  const { now, origin } = context
  if (secret.refusedAt !== null && now.getTime() - Date.parse(secret.refusedAt) < minIntervalMs) return
  await context.em.fork().transactional(async (em) => {
    const key = { namespaceId, tokenId: token.id, secretId: secret.id }
    if (!(await updateLateUse(em, key, now))) return
    const data = { hint: secret.hint, endedAt: secret.endsAt ?? '' }
    const activity = { namespaceId, action: 'access_token.late_secret_use', target: token.label, token, data } as const
    recordActivity({ ...context, principal: anonymous }, em, activity)
    const from = origin.ipAddress === null ? {} : { ipAddress: origin.ipAddress }
    const occasion = `late:${secret.id}`
    await announce(em, [
      { kind: 'ROTATED_SECRET_USED_LATE', namespaceId, at: now, token, data: { ...data, ...from }, occasion },
    ])
  })
}
