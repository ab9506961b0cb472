import { z } from 'zod'
import { addError } from '../shared/input.ts'
import { isNamespaceName } from './namespace.ts'

/** The two parts of a repository's name: the name of its namespace, and the path in it. */
export interface RepositoryName {
  readonly namespace: string
  readonly path: string
}

// Distribution specification 1.1, "Pulling manifests": path components joined by slashes.
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const pathComponents = new RegExp(`^${component}(?:/${component})*$`)
const maxNameLength = 255

export const repositoryNameRule =
  'Write a repository as NAMESPACE/PATH in lower case, for example acme/api: letters and digits, with dots, ' +
  'underscores or hyphens between them, 255 characters at most.'

/** Whether a registry allows a repository of this name. It may have no namespace. */
export function isRegistryRepositoryName(name: string): boolean {
  return name.length <= maxNameLength && pathComponents.test(name)
}

/** The parts of a full name; null if a registry does not allow it, or it has no namespace. */
export function parseRepositoryName(name: string): RepositoryName | null {
  const slash = name.indexOf('/')
  const namespace = name.slice(0, Math.max(slash, 0))
  return isRegistryRepositoryName(name) && isNamespaceName(namespace)
    ? { namespace, path: name.slice(slash + 1) }
    : null
}

/** The full name of a repository, as its parts. */
export const repositoryNameInput = z.string().transform((name, context) => {
  const parsed = parseRepositoryName(name)
  if (parsed !== null) return parsed
  addError(context, repositoryNameRule)
  return z.NEVER
})
