import type { EntityManager } from '@mikro-orm/postgresql'
import { lockOrganization } from '../account/organization-store.ts'
import { requireInOrganization } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { hasOrganizationPermission, mayAppointOwners } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors, throwInvalid, type UserError } from '../shared/errors.ts'
import type { InviteRow } from './find-invite.ts'
import { type LockedGroup, lockGroupForGrant } from './lock-group-for-grant.ts'
import { resolveInvitees } from './resolve-invitees.ts'
import { writeInvites } from './write-invites.ts'

export interface InviteMembersInput {
  readonly organization: string
  /** Usernames and e-mail addresses. */
  readonly invitees: readonly string[]
  readonly role: OrganizationRole
  /** The id of a group of the organization, which they join by accepting. */
  readonly group?: string | null | undefined
}

/** What came of one who was to be invited: the invite, or why there is none. */
export interface InviteResult {
  readonly invitee: string
  readonly invite: InviteRow | null
  readonly userErrors: readonly UserError[]
}

const maxInvitees = 50

/**
 * Invites people into an organization, each for themself: who cannot be invited keeps nobody else from it. Whoever has an
 * open invite keeps that, with the role, the group and the fourteen days of this one. An address is not looked up among
 * the accounts: nobody learns by inviting whose it is.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN), and `InvalidInput` (NOT_FOUND, INVALID, SCOPE_NOT_ALLOWED) for what is wrong
 * with the whole.
 */
export async function inviteMembers(context: RequestContext, input: InviteMembersInput): Promise<InviteResult[]> {
  const path = ['input', 'organization']
  const { id } = await requireInOrganization(context.em, context.principal, input.organization, path, 'INVITE_EDIT')
  checkInput(context, id, input)

  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const group = await requireGroup(em, organization, input.group)
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
      if (invitee !== null && invite === null)
        errors.add(
          'SCOPE_NOT_ALLOWED',
          ['input', 'invitees', String(index)],
          `${invitee.name} is invited as an owner, which an access token does not change. Sign in as an owner.`,
        )
      return { invitee: input.invitees[index] ?? '', invite, userErrors: errors.all }
    })
  })
}

function checkInput(
  { principal }: RequestContext,
  organizationId: string,
  { invitees, role, group }: InviteMembersInput,
): void {
  const errors = new InputErrors()
  if (invitees.length < 1 || invitees.length > maxInvitees)
    errors.add(
      'INVALID',
      ['input', 'invitees'],
      `Give 1 to ${maxInvitees} usernames and e-mail addresses at once; these are ${invitees.length}.`,
    )
  if (role === 'OWNER' && !mayAppointOwners(principal, organizationId))
    errors.add(
      'SCOPE_NOT_ALLOWED',
      ['input', 'role'],
      'An access token invites nobody as an owner. Choose another role, or sign in as an owner.',
    )
  // Else a token that invites would give what groups give.
  if (isGiven(group) && !hasOrganizationPermission(principal, organizationId, 'GROUP_EDIT'))
    errors.add(
      'SCOPE_NOT_ALLOWED',
      ['input', 'group'],
      'To invite into a group takes the permission GROUP_EDIT, too. Leave the group out, or use a token that has it.',
    )
  errors.throwIfAny()
}

function isGiven(group: string | null | undefined): group is string {
  return group !== null && group !== undefined
}

/** Throws `InvalidInput` (NOT_FOUND). */
async function requireGroup(
  em: EntityManager,
  organization: OrganizationRow,
  id: string | null | undefined,
): Promise<LockedGroup | null> {
  if (!isGiven(id)) return null
  return (
    (await lockGroupForGrant(em, organization.id, id)) ??
    throwInvalid('NOT_FOUND', ['input', 'group'], `${organization.name} has no group of this id. Check the id.`)
  )
}
