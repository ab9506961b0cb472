import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { parseEmailAddress } from '../model/email-address.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { InputErrors, type UserErrorCode } from '../shared/errors.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** Whom to invite: a person of this installation, or whoever has an e-mail address. One of the two is set. */
export type Invitee =
  | { readonly name: string; readonly userId: string; readonly email: null }
  | { readonly name: string; readonly userId: null; readonly email: string }

/** What came of one that was given: somebody to invite, or null with the fault that keeps them from it. */
export interface ResolvedInvitee {
  readonly invitee: Invitee | null
  readonly errors: InputErrors
}

/**
 * Looks up those who are to be invited, in the order given, in one statement. Who cannot be has the fault INVALID, NOT_FOUND
 * or TAKEN. Takes a transaction in which the organization is locked, so that nobody becomes a member meanwhile.
 */
export async function resolveInvitees(
  em: EntityManager,
  organization: OrganizationRow,
  given: readonly string[],
): Promise<ResolvedInvitee[]> {
  const parsed = given.map((each, position) => parseInvitee(each, position))
  const texts = parsed.map(({ text }) => text)
  const found = await selectCandidates(em, { organizationId: organization.id, texts })
  const seen = new Set<string>()
  return parsed.map(({ text, errors }, position) => {
    const resolved = (invitee: Invitee | null) => ({ invitee, errors })
    const refused = (code: UserErrorCode, message: string) => {
      errors.add(code, pathOf(position), message)
      return resolved(null)
    }
    if (errors.hasAny) return resolved(null)
    const { userId = null, isMember = false, folded = text } = found[position] ?? {}
    if (seen.has(folded)) return refused('INVALID', `${text} is given twice. Leave one of them out.`)
    seen.add(folded)
    if (text.includes('@')) return resolved({ userId: null, email: text, name: text })
    if (userId === null)
      return refused('NOT_FOUND', 'There is nobody of this name. Check the username, or give an e-mail address.')
    if (isMember)
      return refused('TAKEN', `${text} is a member of ${organization.name} already. Change their role if need be.`)
    return resolved({ userId, email: null, name: text })
  })
}

function pathOf(position: number): readonly string[] {
  return ['input', 'invitees', String(position)]
}

/** The username or address without the space around it; empty, and a fault, where it can be neither. */
function parseInvitee(given: string, position: number): { readonly text: string; readonly errors: InputErrors } {
  const errors = new InputErrors()
  const text = given.trim()
  if (text.includes('@')) {
    const email = parseEmailAddress(text, pathOf(position), errors)
    return { text: errors.hasAny ? '' : email, errors }
  }
  if (isNamespaceName(text)) return { text, errors }
  errors.add('INVALID', pathOf(position), 'Give a username, or an e-mail address such as ada@example.com.')
  return { text: '', errors }
}

// What is the same address in upper and lower case is for the database to say, whose index holds each but once.
const selectCandidates = statement((db, value: ValueOf<{ organizationId: string; texts: readonly string[] }>) =>
  db
    .selectFrom(
      sql<{ text: string; position: number }>`unnest(${value('texts')}::text[]) with ordinality`.as<'g'>(
        sql`g(text, position)`,
      ),
    )
    .leftJoin('user_account as u', 'u.username', 'g.text')
    .leftJoin('membership as m', (join) =>
      join.onRef('m.user_id', '=', 'u.id').on('m.organization_id', '=', value('organizationId')),
    )
    .select([
      'u.id as userId',
      sql<boolean>`m.user_id is not null`.as('isMember'),
      sql<string>`lower(g.text)`.as('folded'),
    ])
    .orderBy('g.position'),
)
