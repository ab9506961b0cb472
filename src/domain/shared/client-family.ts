const maxLength = 32

/**
 * The name of a client without its version: `docker` of `docker/28.5.2 go/go1.24`. A client keeps it for all of its
 * requests, to Postern and to the registry, and after an update. Empty if it does not say.
 */
export function clientFamily(userAgent: string | null): string {
  const [name = ''] = /^[A-Za-z0-9._-]+/.exec(userAgent ?? '') ?? []
  return name.toLowerCase().slice(0, maxLength)
}
