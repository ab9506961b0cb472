import { defineEntity, p } from '@mikro-orm/postgresql'
import { z } from 'zod'

export const NamespaceSchema = defineEntity({
  name: 'Namespace',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    kind: p.enum(['USER', 'ORGANIZATION'] as const),
  },
})

/**
 * The name of a person or organization, with its repositories and tokens. Its id is that of the person or organization.
 * A name is unique among both.
 */
export class Namespace extends NamespaceSchema.class {}
NamespaceSchema.setClass(Namespace)

// One path component of a repository name in the distribution specification.
const namePattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const maxNamespaceLength = 40

/** Whether a text can be the name of a person or an organization. */
export function isNamespaceName(name: string): boolean {
  return name.length >= 2 && name.length <= maxNamespaceLength && namePattern.test(name)
}

/**
 * The name that somebody typed to log in, in lower case, because names have no capital letters. A text that cannot be a
 * name stays as it is.
 */
export function toNamespaceName(typed: string): string {
  if (typed.length > maxNamespaceLength) return typed
  // Only ASCII letters, because the lower case of some other characters is an ASCII letter.
  const name = typed.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return isNamespaceName(name) ? name : typed
}

const namespaceNameRule =
  `Choose a name of 2 to ${maxNamespaceLength} lower-case letters and digits, with ` +
  'dots, underscores or hyphens between them.'

/** The name of a person, an organization or a company. */
export const namespaceNameInput = z.string().refine(isNamespaceName, namespaceNameRule)
