import type { FastifyReply } from 'fastify'
import type { ServiceLimit, ServiceLimits } from '../domain/shared/service-limits.ts'

/** The header fields about budgets. They must be exposed, so that pages of other origins can read them. */
export const limitFields = ['retry-after', 'ratelimit', 'ratelimit-policy']

/**
 * Sets the header fields about budgets: `Retry-After` (RFC 9110, section 10.2.3), `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers-11).
 */
export function sendServiceLimits(reply: FastifyReply, { all, retryAfterSeconds }: ServiceLimits): void {
  if (retryAfterSeconds !== null) void reply.header('retry-after', retryAfterSeconds)
  if (all.length === 0) return
  void reply.header('ratelimit-policy', all.map(toPolicy).join(', ')).header('ratelimit', all.map(toLimit).join(', '))
}

function toPolicy({ name, quota, windowSeconds }: ServiceLimit): string {
  return `"${name}";q=${quota};w=${windowSeconds}`
}

function toLimit({ name, remaining, resetSeconds }: ServiceLimit): string {
  return `"${name}";r=${remaining};t=${resetSeconds}`
}
