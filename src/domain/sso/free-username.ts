import { randomInt } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import { kysely } from '../sql/tables.ts'

// Leaves room for a number behind it.
const maxLength = 30
const maxNumber = 99
const maxRead = 256

/** A username that nobody has, like the one that a person has at a provider: that one, or with a number behind it. */
export async function freeUsername(em: EntityManager, wanted: string | null): Promise<string> {
  const fitting = toUsername(wanted ?? '')
  const numbered = Array.from({ length: maxNumber - 1 }, (_, index) => `${fitting}-${index + 2}`)
  const candidates = [fitting, ...numbered]
  const rows = await kysely(em).selectFrom('namespace').select('name').where('name', 'in', candidates).execute()
  const taken = new Set(rows.map(({ name }) => name))
  return candidates.find((name) => !taken.has(name)) ?? `${fitting}-${randomInt(100_000_000)}`
}

/** A text as a username: of an e-mail address what stands before the @, without accents, in lower case. */
export function toUsername(text: string): string {
  // A provider may say anything, and bringing a long text into one form takes long.
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
