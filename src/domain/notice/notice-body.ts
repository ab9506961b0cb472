import type { NoticeKind } from '../model/notice.ts'
import type { Timestamp } from '../shared/timestamp.ts'

/** The `type` of each kind in the body for a webhook. */
export const noticeTypes: Readonly<Record<NoticeKind, string>> = {
  TOKEN_EXPIRING: 'token.expiring',
  TOKEN_EXPIRED: 'token.expired',
  TOKEN_USED_FROM_NEW_ADDRESS: 'token.used_from_new_address',
  ROTATED_SECRET_USED_LATE: 'token.rotated_secret_used_late',
  USAGE_LIMIT_NEAR: 'usage_limit.near',
  USAGE_LIMIT_REACHED: 'usage_limit.reached',
}

/** A notice with the name of its organization or person. */
export interface NoticeContent {
  readonly kind: NoticeKind
  readonly at: Timestamp
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  readonly data: Readonly<Record<string, string | number>>
  /** The name of the organization or person. */
  readonly name: string
}

/**
 * The body for a webhook, as in Standard Webhooks 1.0.0: `type`, `timestamp`, `data`. The bytes are the same at each
 * attempt.
 */
export function noticeBody({ kind, at, tokenId, tokenLabel, data, name }: NoticeContent): string {
  const token = tokenId === null ? null : { id: tokenId, label: tokenLabel }
  return JSON.stringify({ type: noticeTypes[kind], timestamp: at, data: { organization: name, token, ...data } })
}
