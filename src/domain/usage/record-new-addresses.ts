import type { EntityManager } from '@mikro-orm/postgresql'
import { announce } from '../journal/announce.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { anonymous } from '../policy/principal.ts'
import { hourMs } from '../shared/duration.ts'
import { findAnnouncedAddresses } from './announced-address-store.ts'
import type { NewAddress } from './token-use-store.ts'

/**
 * Records the first use of a token, and the first use from each address, in the transaction that `em` is in. A new
 * address is also announced, because the secret may have been stolen, unless the same kind of client has used the token
 * from an address near it.
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
  await announceAddresses(
    em,
    inOrder.filter((each) => !firstUses.has(each) && !each.isFamiliar),
  )
}

/**
 * Announces the earliest new address of each token, unless one was announced less than an hour before or after:
 * runners that live for minutes have a new address each, and nobody reads a notification about every one.
 */
async function announceAddresses(em: EntityManager, found: readonly NewAddress[]): Promise<void> {
  const earliest = new Map(found.toSorted(byTimeDescending).map((each) => [each.tokenId, each]))
  const announced = await findAnnouncedAddresses(em, [...earliest.values()], announcementIntervalMs)
  await announce(
    em,
    [...earliest.values()]
      .filter(({ tokenId }) => !announced.has(tokenId))
      .map(({ namespaceId, tokenId, label, at, ipAddress, client }) => ({
        kind: 'TOKEN_USED_FROM_NEW_ADDRESS',
        namespaceId,
        at: new Date(at),
        token: { id: tokenId, label },
        data: { ipAddress, ...(client === null ? {} : { client }) },
        // Another instance that announces at this moment uses the same hour.
        occasion: `address:${tokenId}:${at.slice(0, hourLength)}`,
      })),
  )
}

const announcementIntervalMs = hourMs

// Of a time as 2026-11-27T15, before the minutes.
const hourLength = 13

function byTimeDescending({ at: one }: NewAddress, { at: other }: NewAddress): number {
  return other.localeCompare(one)
}
