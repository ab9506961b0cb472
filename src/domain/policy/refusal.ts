import type { Permission } from '../model/permission.ts'
import type { RefusalReason } from '../model/refusal-reason.ts'

/** An attempt that was refused, and that names a token or an account. */
export interface Refusal {
  /** Whose token or account it was; or the name that was given, of whoever has it. */
  readonly subject: { readonly namespaceId: string; readonly tokenId: string | null } | { readonly name: string }
  readonly reason: RefusalReason
  /** What was asked for, where that was the reason. */
  readonly repository?: string
  readonly permission?: Permission
}

/** Refusals that have everything in common but the time. */
export interface NotedRefusal {
  readonly refusal: Refusal
  readonly ipAddress: string | null
  client: string | null
  readonly firstAt: Date
  lastAt: Date
  attempts: number
}

/** Takes down who was refused. */
export interface Refusals {
  /** Notes a refusal, in a call at this moment and from there; it is written within moments. */
  note(
    context: {
      readonly now: Date
      readonly origin: { readonly ipAddress: string | null; readonly userAgent: string | null }
    },
    refusal: Refusal,
  ): void
}
