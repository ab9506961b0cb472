import type { EntityManager } from '@mikro-orm/postgresql'
import { announce } from '../journal/announce.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { anonymous } from '../policy/principal.ts'
import type { NewAddress } from './token-use-store.ts'

/**
 * Records the first use of a token, and the first use from each address, in the transaction that `em` is in. A new
 * address is also announced, because the secret may have been stolen.
 */
export async function recordNewAddresses(em: EntityManager, found: readonly NewAddress[]): Promise<void> {
  if (found.length === 0) return
  const firstUses = new Set(
    [...Map.groupBy(found, ({ tokenId }) => tokenId).values()].flatMap((ofToken) => {
      const [first] = ofToken.toSorted((one, other) => one.at.localeCompare(other.at))
      return first === undefined || first.wasUsed ? [] : [first]
    }),
  )
  // Chains are locked in one order, as in `recordActivities`.
  const inOrder = found.toSorted(({ namespaceId: a }, { namespaceId: b }) => Number(a < b) - Number(a > b))
  for (const each of inOrder) {
    const { namespaceId, namespaceName, namespaceKind, tokenId, label, at, ipAddress, client } = each
    const origin = { ipAddress, userAgent: client, requestId: null }
    recordActivity({ principal: anonymous, now: new Date(at), origin }, em, {
      namespaceId,
      action: firstUses.has(each) ? 'access_token.first_use' : 'access_token.new_address',
      target: label,
      token: { id: tokenId, label },
      actor: {
        kind: namespaceKind === 'ORGANIZATION' ? 'ORGANIZATION_TOKEN' : 'PERSONAL_TOKEN',
        id: tokenId,
        name: namespaceName,
      },
    })
  }
  await announce(
    em,
    inOrder
      .filter((each) => !firstUses.has(each))
      .map(({ namespaceId, tokenId, label, at, ipAddress, network, client }) => ({
        kind: 'TOKEN_USED_FROM_NEW_ADDRESS',
        namespaceId,
        at: new Date(at),
        token: { id: tokenId, label },
        data: { ipAddress, ...(client === null ? {} : { client }) },
        occasion: `address:${tokenId}:${network}:${at}`,
      })),
  )
}
