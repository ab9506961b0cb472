import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { emailAddressInput } from '../model/email-address.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { UserError, UserErrorCode } from '../shared/errors.ts'
import { checkValue } from '../shared/input.ts'
import { type Candidate, findCandidates } from './new-invite-store.ts'

/** A person to invite, by account or by e-mail address. */
export type Invitee =
  | { readonly name: string; readonly userId: string; readonly email: null }
  | { readonly name: string; readonly userId: null; readonly email: string }

/** A text of the input as an invitee, or the errors that prevent the invite. */
export type ResolvedInvitee =
  | { readonly invitee: Invitee; readonly errors: readonly UserError[] }
  | { readonly invitee: null; readonly errors: readonly UserError[] }

/**
 * Resolves the texts of an input to invitees, in the order given. An error is INVALID, NOT_FOUND or TAKEN. One
 * statement, in a transaction in which the organization is locked, so that nobody becomes a member meanwhile.
 */
export async function resolveInvitees(
  em: EntityManager,
  organization: OrganizationRow,
  given: readonly string[],
): Promise<ResolvedInvitee[]> {
  const checked = given.map((text, position) => checkInvitee(text.trim(), position))
  const names = checked.flatMap((each) => (each.isValid ? [each.value] : []))
  const candidates = (await findCandidates(em, organization.id, names)).values()
  const seen = new Set<string>()
  return checked.map((each, position) => {
    if (!each.isValid) return { invitee: null, errors: each.errors }
    const { value: candidate } = candidates.next()
    if (candidate === undefined) throw new TypeError('A text has no candidate.')
    const resolved = resolve(each.value, candidate, organization, position, seen)
    seen.add(candidate.folded)
    return resolved
  })
}

function resolve(
  name: string,
  { userId, isMember, folded }: Candidate,
  organization: OrganizationRow,
  position: number,
  seen: ReadonlySet<string>,
): ResolvedInvitee {
  const failed = (code: UserErrorCode, message: string) => ({
    invitee: null,
    errors: [{ code, message, path: pathOf(position) }],
  })
  if (seen.has(folded)) return failed('INVALID', `${name} is given twice. Leave one of them out.`)
  if (name.includes('@')) return { invitee: { userId: null, email: name, name }, errors: [] }
  if (userId === null)
    return failed('NOT_FOUND', 'There is nobody of this name. Check the username, or give an e-mail address.')
  if (isMember)
    return failed('TAKEN', `${name} is a member of ${organization.name} already. Change their role if need be.`)
  return { invitee: { userId, email: null, name }, errors: [] }
}

function checkInvitee(text: string, position: number) {
  return checkValue(text.includes('@') ? emailAddressInput : usernameInput, text, pathOf(position))
}

const usernameInput = z
  .string()
  .refine(isNamespaceName, 'Give a username, or an e-mail address such as ada@example.com.')

function pathOf(position: number): readonly string[] {
  return ['input', 'invitees', String(position)]
}
