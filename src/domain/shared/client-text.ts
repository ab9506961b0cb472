/** Maximum length of a User-Agent header that is kept, in UTF-16 code units. Browsers send about 150. */
const maxLength = 256

/**
 * The start of a User-Agent header; null if the client sent no such header. It is a copy: a part of a string keeps the
 * whole string in memory, and a header can have 16 KB.
 */
export function clientText(userAgent: string | undefined): string | null {
  if (userAgent === undefined) return null
  return userAgent.length <= maxLength ? userAgent : copyOf(userAgent.slice(0, maxLength))
}

/** The same text, independent of a longer one that it is a part of. */
export function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
