/**
 * The headers of pages: they load what these sources allow and nothing else, from this server. No form of a page leaves
 * it, and no other page has it in a frame.
 */
export function securityHeaders(sources: readonly string[]) {
  const policy = ["default-src 'none'", ...sources, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
  return {
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  } as const
}
