import type { Permission } from '../model/permission.ts'
import type { RefusalReason } from '../model/refusal-reason.ts'

/** A denied or rejected attempt that names a token or an account. */
export interface Refusal {
  /** The owner and the token, or the name that was sent. */
  readonly subject: { readonly namespaceId: string; readonly tokenId: string | null } | { readonly name: string }
  readonly reason: RefusalReason
  /** What was requested, if that was the reason. */
  readonly repository?: string
  readonly permission?: Permission
}

/** Attempts that differ only in their times. */
export interface NotedRefusal {
  readonly refusal: Refusal
  readonly ipAddress: string | null
  client: string | null
  readonly firstAt: Date
  lastAt: Date
  attempts: number
}

/** Records denied and rejected attempts. */
export interface Refusals {
  /** Records an attempt of a request. It is written within a second. */
  note(
    context: {
      readonly now: Date
      readonly origin: { readonly ipAddress: string | null; readonly userAgent: string | null }
    },
    refusal: Refusal,
  ): void
}
