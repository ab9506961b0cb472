/** A text as an absolute address, else null. */
export function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether secrets may go to an address: over TLS, or without it within this machine, for tests and development. */
export function isSafeTransport(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))
}

/** Whether an address is nothing but scheme, host and path, written as a client would send it. */
export function isPlainAddress(url: URL, text: string): boolean {
  return `${url.origin}${url.pathname}` === text
}
