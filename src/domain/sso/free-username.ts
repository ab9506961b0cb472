import { randomInt } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import { findTakenNames } from './sso-account-store.ts'

// Shorter than a name may be, so that a number can follow.
const maxLength = 30
const maxNumber = 99
const maxRead = 256

/** A free username like the one that a person has at a provider: the same, or with a number after it. */
export async function freeUsername(em: EntityManager, wanted: string | null): Promise<string> {
  const fitting = toUsername(wanted ?? '')
  const numbered = Array.from({ length: maxNumber - 1 }, (_, index) => `${fitting}-${index + 2}`)
  const candidates = [fitting, ...numbered]
  const taken = await findTakenNames(em, candidates)
  return candidates.find((name) => !taken.has(name)) ?? `${fitting}-${randomInt(100_000_000)}`
}

/** A text as a username: the part of an e-mail address before the @, without accents, in lower case. */
export function toUsername(text: string): string {
  // A provider can send a text of any length, and normalizing a long one takes long.
  const [local = ''] = text.slice(0, maxRead).split('@')
  const fitting = local
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, (between) => (/^[._]$/.test(between) ? between : '-'))
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, maxLength)
    .replace(/[^a-z0-9]+$/, '')
  return isNamespaceName(fitting) ? fitting : 'person'
}
