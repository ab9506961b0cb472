import type { EntityManager } from '@mikro-orm/postgresql'
import { type Announcement, announce } from '../journal/announce.ts'
import { daysAfter } from '../shared/duration.ts'
import { type ExpiringToken, expiryBatchSize, expiryOccasion, findUnannouncedExpiries } from './expiring-token-store.ts'

// Days before the expiry of a token, and until when it is announced for them: then the next announcement is due. An
// expired token is announced for a week, in case no instance was running.
const thresholds = [
  { days: 0, until: -7 },
  { days: 1, until: 0 },
  { days: 7, until: 1 },
  { days: 30, until: 7 },
]

/**
 * Announces the active tokens of organizations and people that expire within 30, 7 and 1 days, and those that have
 * expired, each once. Tokens of devices are left out, because the device signs in again.
 */
export async function announceExpiries(em: EntityManager, now: Date): Promise<void> {
  for (const { days, until } of thresholds)
    for (let found = expiryBatchSize; found === expiryBatchSize; )
      found = await em.fork().transactional(async (each) => {
        const period = { from: daysAfter(now, until), to: daysAfter(now, days) }
        const tokens = await findUnannouncedExpiries(each, period, days)
        await announce(
          each,
          tokens.map((token) => toAnnouncement(token, days, now)),
        )
        return tokens.length
      })
}

function toAnnouncement({ namespaceId, id, label, expiresAt }: ExpiringToken, days: number, at: Date): Announcement {
  return {
    kind: days === 0 ? 'TOKEN_EXPIRED' : 'TOKEN_EXPIRING',
    namespaceId,
    at,
    token: { id, label },
    data: days === 0 ? { expiresAt } : { expiresAt, days },
    occasion: expiryOccasion(id, days),
  }
}
