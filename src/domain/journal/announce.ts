import type { EntityManager } from '@mikro-orm/postgresql'
import { newId } from '../shared/id.ts'
import { findRecipients, insertDeliveries, insertNotices, type NewNotice } from './notice-store.ts'

/** A notification to an organization or person. */
export interface Announcement extends Omit<NewNotice, 'id'> {
  /** The organization or person to notify. */
  readonly namespaceId: string
  /** The token that it is about, if any. */
  readonly token: { readonly id: string; readonly label: string } | null
  /** Never contains a secret. */
  readonly data: Readonly<Record<string, string | number>>
  /** Identifies the event. Each event is announced once, however often and by whichever instance this is called. */
  readonly occasion: string
}

/**
 * Stores notifications and their recipients in the transaction that `em` is in. They are sent after it commits. Events
 * that were announced before are left out.
 */
export async function announce(em: EntityManager, announcements: readonly Announcement[]): Promise<void> {
  if (announcements.length === 0) return
  const notices = await insertNotices(
    em,
    announcements.map((announcement) => ({ ...announcement, id: newId('not', announcement.at) })),
  )
  if (notices.length === 0) return
  const recipients = await findRecipients(em, notices)
  if (recipients.length === 0) return
  await insertDeliveries(em, recipients, ({ webhookId, at }) => newId(webhookId === null ? 'mld' : 'whd', new Date(at)))
}
