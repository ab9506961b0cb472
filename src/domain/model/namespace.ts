import { defineEntity, p } from '@mikro-orm/postgresql'
import { z } from 'zod'
import type { InputErrors } from '../shared/errors.ts'

export const NamespaceSchema = defineEntity({
  name: 'Namespace',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    kind: p.enum(['USER', 'ORGANIZATION'] as const),
  },
})

/**
 * A name that a person or an organization holds, and under which repositories and tokens live. People and organizations
 * share these names; the id is that of the person or organization.
 */
export class Namespace extends NamespaceSchema.class {}
NamespaceSchema.setClass(Namespace)

// One path component of the distribution specification's repository names, and short enough to type.
const namePattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const maxNamespaceLength = 40

/** Whether a text can be the name of a person or an organization. */
export function isNamespaceName(name: string): boolean {
  return name.length >= 2 && name.length <= maxNamespaceLength && namePattern.test(name)
}

/**
 * The name that somebody typed to log in, in lower case: names have no capitals, so nobody else can be meant. A text that cannot
 * be a name stays as it is.
 */
export function toNamespaceName(typed: string): string {
  if (typed.length > maxNamespaceLength) return typed
  // Of ASCII only: other characters have such letters as their lower case, too.
  const name = typed.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return isNamespaceName(name) ? name : typed
}

const namespaceNameRule = `Choose a name of 2 to ${maxNamespaceLength} lower-case letters and digits, with dots, underscores or hyphens between them.`

/** The name of a person, an organization or a company. */
export const namespaceNameInput = z.string().refine(isNamespaceName, namespaceNameRule)

/** Adds a fault unless the text can be a namespace's name. */
export function checkNamespaceName(name: string, path: readonly string[], errors: InputErrors): void {
  if (isNamespaceName(name)) return
  errors.add('INVALID', path, namespaceNameRule)
}
