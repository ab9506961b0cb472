/** A text as an absolute URL, or null. */
export function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether secrets may be sent to a URL: over TLS, or without TLS to this machine, for tests and development. */
export function isSafeTransport(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))
}

/** Whether a URL has only scheme, host and path, and is written in the way that clients send it. */
export function isPlainAddress(url: URL, text: string): boolean {
  return `${url.origin}${url.pathname}` === text
}
