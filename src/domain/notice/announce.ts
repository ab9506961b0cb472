import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { newId } from '../id.ts'
import { sqlOf } from '../tables.ts'
import type { NoticeKind } from './notice.ts'

/** Something to tell an organization or a person. */
export interface Announcement {
  readonly kind: NoticeKind
  /** The organization or person who is told. */
  readonly namespaceId: string
  readonly at: Date
  /** The token it is about, if it is about one. */
  readonly token: { readonly id: string; readonly label: string } | null
  /** What else there is to say. Never a secret. */
  readonly data: Readonly<Record<string, string | number>>
  /** What makes it the same as another: of one occasion people are told once, however often and by whomever it is announced. */
  readonly occasion: string
}

/**
 * Writes down what is to be told, in the transaction that `em` is in: it is sent once that is committed, and not otherwise.
 * What has been announced before is left out.
 */
export async function announce(em: EntityManager, announcements: readonly Announcement[]): Promise<void> {
  if (announcements.length === 0) return
  await sqlOf(em)
    .insertInto('notice')
    .values(
      announcements.map(({ kind, namespaceId, at, token, data, occasion }) => ({
        namespace_id: namespaceId,
        id: newId('not', at),
        kind,
        at: at.toISOString(),
        token_id: token?.id ?? null,
        token_label: token?.label ?? null,
        data: sql<typeof data>`${JSON.stringify(data)}::jsonb`,
        occasion,
      })),
    )
    .onConflict((conflict) => conflict.columns(['namespace_id', 'occasion']).doNothing())
    .execute()
}
