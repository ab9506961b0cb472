import type { EntityManager } from '@mikro-orm/postgresql'
import { lockOrganization } from '../account/organization-store.ts'
import { requireInOrganization } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { maxEmailLength } from '../model/email-address.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { hasOrganizationPermission, mayAppointOwners } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid, type UserError } from '../shared/errors.ts'
import { idPrefixOf } from '../shared/id.ts'
import { throwIfAny } from '../shared/input.ts'
import type { InviteRow } from './invite-store.ts'
import { type GroupOfInvite, lockGroupOfInvite } from './member-store.ts'
import { resolveInvitees } from './resolve-invitees.ts'
import { writeInvites } from './write-invites.ts'

export interface InviteMembersInput {
  readonly organization: string
  /** Usernames and e-mail addresses. */
  readonly invitees: readonly string[]
  readonly role: OrganizationRole
  /** The id of a group of the organization, which they join when they accept. */
  readonly group?: string | null | undefined
}

/** The result for one invitee: the invite, or why there is no invite. */
export interface InviteResult {
  /** As it was given, but cut where it is longer than an invitee can be. */
  readonly invitee: string
  readonly invite: InviteRow | null
  readonly userErrors: readonly UserError[]
}

/** The most invitees of a request. */
export const maxInvitees = 50

/**
 * Invites people to an organization, each independently of the others. An open invite is renewed, with the new role,
 * group and fourteen days. Addresses are not compared with those of accounts, so that invites do not disclose whose
 * they are.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN), and `InvalidInput` (NOT_FOUND, INVALID, SCOPE_NOT_ALLOWED) for errors
 * that concern all invitees.
 */
export async function inviteMembers(context: RequestContext, input: InviteMembersInput): Promise<InviteResult[]> {
  const path = ['input', 'organization']
  const { id } = await requireInOrganization(context.em, context.principal, input.organization, path, 'INVITE_EDIT')
  throwIfAny(errorsOf(context, id, input))

  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const group = await lockGroup(em, organization, input.group)
    const resolved = await resolveInvitees(em, organization, input.invitees)
    const terms = { organizationId: id, role: input.role, groupId: group?.id ?? null }
    const invitees = resolved.flatMap(({ invitee }) => invitee ?? [])
    const written = await writeInvites(context, em, terms, invitees)
    for (const { invite, isRenewed } of written)
      recordActivity(context, em, {
        namespaceId: id,
        action: 'member.invite',
        target: invite.invitee,
        data: { role: invite.role, ...(group && { group: group.name }), ...(isRenewed && { renewed: 'true' }) },
      })
    const byInvitee = new Map(written.map(({ invite }) => [invite.invitee, invite]))
    return resolved.map(({ invitee, errors }, index) => {
      const invite = (invitee && byInvitee.get(invitee.name)) ?? null
      const isKept = invitee !== null && invite === null
      const userErrors = isKept ? [inviteOfOwnerError(invitee.name, index)] : errors
      return { invitee: input.invitees[index]?.slice(0, maxEmailLength) ?? '', invite, userErrors }
    })
  })
}

function inviteOfOwnerError(name: string, index: number): UserError {
  return {
    code: 'SCOPE_NOT_ALLOWED',
    path: ['input', 'invitees', String(index)],
    message: `${name} is invited as an owner, which an access token does not change. Sign in as an owner.`,
  }
}

function errorsOf(
  { principal }: RequestContext,
  organizationId: string,
  { invitees, role, group }: InviteMembersInput,
): UserError[] {
  const errors: UserError[] = []
  if (invitees.length < 1 || invitees.length > maxInvitees)
    errors.push({
      code: 'INVALID',
      path: ['input', 'invitees'],
      message: `Give 1 to ${maxInvitees} usernames and e-mail addresses at once; these are ${invitees.length}.`,
    })
  if (role === 'OWNER' && !mayAppointOwners(principal, organizationId))
    errors.push({
      code: 'SCOPE_NOT_ALLOWED',
      path: ['input', 'role'],
      message: 'An access token invites nobody as an owner. Choose another role, or sign in as an owner.',
    })
  // Otherwise a token that invites could give the access of groups.
  if (isGiven(group) && !hasOrganizationPermission(principal, organizationId, 'GROUP_EDIT'))
    errors.push({
      code: 'SCOPE_NOT_ALLOWED',
      path: ['input', 'group'],
      message:
        'To invite into a group takes the permission GROUP_EDIT, too. Leave the group out, or use a token that has it.',
    })
  return errors
}

function isGiven(group: string | null | undefined): group is string {
  return group !== null && group !== undefined
}

/** Throws `InvalidInput` (NOT_FOUND). */
async function lockGroup(
  em: EntityManager,
  organization: OrganizationRow,
  id: string | null | undefined,
): Promise<GroupOfInvite | null> {
  if (!isGiven(id)) return null
  const group = idPrefixOf(id) === 'grp' ? await lockGroupOfInvite(em, organization.id, id) : null
  return (
    group ??
    throwInvalid('NOT_FOUND', ['input', 'group'], `${organization.name} has no group of this id. Check the id.`)
  )
}
