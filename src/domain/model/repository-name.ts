import { isNamespaceName } from './namespace.ts'

/** A repository's name in its two parts: the namespace's name, and the path below it. */
export interface RepositoryName {
  readonly namespace: string
  readonly path: string
}

// Distribution specification 1.1, "Pulling manifests": path components joined by slashes, at most 255 characters in all.
const pathComponents = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const maxNameLength = 255

/** The rule for people. */
export const repositoryNameRule =
  'Write a repository as NAMESPACE/PATH in lower case, for example acme/api: letters and digits, with dots, underscores or hyphens between them, 255 characters at most.'

/** Takes a full name apart; null when a registry would not allow it, or it has no namespace. */
export function parseRepositoryName(name: string): RepositoryName | null {
  const slash = name.indexOf('/')
  if (slash < 0 || name.length > maxNameLength) return null
  const namespace = name.slice(0, slash)
  const path = name.slice(slash + 1)
  return isNamespaceName(namespace) && pathComponents.test(path) ? { namespace, path } : null
}
