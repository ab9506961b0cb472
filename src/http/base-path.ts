/**
 * The path of `PUBLIC_URL`, without a slash at the end: empty if Postern has a host of its own, `/postern` for
 * `https://example.com/postern`.
 */
export function basePathOf(publicUrl: string | null): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')
}

/** The path and query of a request without the base path, which some proxies remove and others keep. */
export function withoutBasePath(url: string, basePath: string): string {
  if (!url.startsWith(basePath)) return url
  const rest = url.slice(basePath.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : url
}
