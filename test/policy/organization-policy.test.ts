import { describe, expect, it } from 'vitest'
import type { OrganizationRole } from '../../src/domain/model/membership.ts'
import {
  hasOrganizationPermission,
  isAdministrator,
  mayAppointOwners,
  mayBeLinked,
  mayCancelInvite,
  mayChangeMember,
  mayEditOrganization,
  mayGovernOrganization,
  mayManageCompany,
  mayManageTokens,
  maySeeInvite,
  maySeeOrganization,
  mayUsePassword,
  organizationsRequiringSso,
} from '../../src/domain/policy/policy.ts'
import { actingPerson, type Principal } from '../../src/domain/policy/principal.ts'
import { acme, person, principals } from './principals.ts'
import { readTable } from './read-table.ts'

const { id } = acme

const change = (from: OrganizationRole, to: OrganizationRole | null) => (principal: Principal) =>
  mayChangeMember(principal, id, { userId: 'usr_other', from, to })
const changeSelf = (from: OrganizationRole, to: OrganizationRole | null) => (principal: Principal) =>
  mayChangeMember(principal, id, { userId: actingPerson(principal)?.user.id ?? 'usr_nobody', from, to })
const invite = (role: OrganizationRole) => ({ organizationId: id, role, isForCaller: false })

const questions: Readonly<Record<string, (principal: Principal) => boolean>> = {
  'see acme': (principal) => maySeeOrganization(principal, id),
  'manage the tokens of acme': (principal) => mayManageTokens(principal, id),
  'manage the tokens of usr_owner': (principal) => mayManageTokens(principal, 'usr_owner'),
  'edit acme': (principal) => mayEditOrganization(principal, id),
  'govern acme': (principal) => mayGovernOrganization(principal, id),
  'manage a company of others': (principal) => mayManageCompany(principal, { isOwned: false }),
  'manage an own company': (principal) => mayManageCompany(principal, { isOwned: true }),
  MEMBER_READ: (principal) => hasOrganizationPermission(principal, id, 'MEMBER_READ'),
  MEMBER_EDIT: (principal) => hasOrganizationPermission(principal, id, 'MEMBER_EDIT'),
  INVITE_READ: (principal) => hasOrganizationPermission(principal, id, 'INVITE_READ'),
  INVITE_EDIT: (principal) => hasOrganizationPermission(principal, id, 'INVITE_EDIT'),
  GROUP_READ: (principal) => hasOrganizationPermission(principal, id, 'GROUP_READ'),
  GROUP_EDIT: (principal) => hasOrganizationPermission(principal, id, 'GROUP_EDIT'),
  ACTIVITY_READ: (principal) => hasOrganizationPermission(principal, id, 'ACTIVITY_READ'),
  REPORT_READ: (principal) => hasOrganizationPermission(principal, id, 'REPORT_READ'),
  'appoint owners': (principal) => mayAppointOwners(principal, id),
  'promote to editor': change('MEMBER', 'EDITOR'),
  'promote to owner': change('MEMBER', 'OWNER'),
  'demote an owner': change('OWNER', 'MEMBER'),
  'remove a member': change('MEMBER', null),
  'remove an owner': change('OWNER', null),
  'leave as an owner': changeSelf('OWNER', null),
  'step down': changeSelf('EDITOR', 'MEMBER'),
  'promote oneself to editor': changeSelf('MEMBER', 'EDITOR'),
  'promote oneself to owner': changeSelf('EDITOR', 'OWNER'),
  'see an invite': (principal) => maySeeInvite(principal, invite('EDITOR')),
  'see an invite of an owner': (principal) => maySeeInvite(principal, invite('OWNER')),
  'cancel an invite': (principal) => mayCancelInvite(principal, invite('EDITOR')),
  'cancel an invite of an owner': (principal) => mayCancelInvite(principal, invite('OWNER')),
  'administer the installation': isAdministrator,
}

const table = `
                               | anonymous | administrator | owner | editor | member | company | stranger | password | reach | read | open | named | bare | full | create | foreign
see acme                       | -         | yes           | yes   | yes    | yes    | yes     | -        | yes      | yes   | yes  | -    | -     | yes  | yes  | yes    | -
manage the tokens of acme      | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
manage the tokens of usr_owner | -         | -             | yes   | -      | -      | -       | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
edit acme                      | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
govern acme                    | -         | yes           | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
manage a company of others     | -         | yes           | -     | -      | -      | -       | -        | -        | -     | -    | -    | -     | -    | -    | -      | -
manage an own company          | -         | yes           | yes   | yes    | yes    | yes     | yes      | yes      | -     | -    | -    | -     | -    | -    | -      | -
MEMBER_READ                    | -         | -             | yes   | yes    | yes    | yes     | -        | yes      | yes   | yes  | -    | -     | -    | yes  | -      | -
MEMBER_EDIT                    | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
INVITE_READ                    | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
INVITE_EDIT                    | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
GROUP_READ                     | -         | -             | yes   | yes    | yes    | yes     | -        | yes      | yes   | yes  | -    | -     | -    | yes  | -      | -
GROUP_EDIT                     | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
ACTIVITY_READ                  | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
REPORT_READ                    | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
appoint owners                 | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
promote to editor              | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
promote to owner               | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
demote an owner                | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
remove a member                | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
remove an owner                | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
leave as an owner              | -         | yes           | yes   | yes    | yes    | yes     | yes      | yes      | -     | -    | -    | -     | -    | -    | -      | -
step down                      | -         | yes           | yes   | yes    | yes    | yes     | yes      | yes      | -     | -    | -    | -     | -    | yes  | -      | -
promote oneself to editor      | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
promote oneself to owner       | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
see an invite                  | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
see an invite of an owner      | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
cancel an invite               | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
cancel an invite of an owner   | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
administer the installation    | -         | yes           | -     | -      | -      | -       | -        | -        | -     | -    | -    | -     | -    | -    | -      | -
`

describe('the policy of organizations', () => {
  const cells = readTable(table)

  it('has a row for each question', () => {
    expect([...new Set(cells.map(({ question }) => question))]).toEqual(Object.keys(questions))
  })

  it.each(Object.entries(questions))('decides: %s', (question, isAllowed) => {
    const row = cells.filter((cell) => cell.question === question)
    const decided = row.map(({ principal }) => [principal, isAllowed(principals[principal]) ? 'yes' : ''])
    expect(decided).toEqual(row.map(({ principal, expected }) => [principal, expected]))
  })

  it('shows an invite to its invitee, who can decline it', () => {
    const own = { ...invite('OWNER'), isForCaller: true }
    expect([maySeeInvite(principals.stranger, own), mayCancelInvite(principals.stranger, own)]).toEqual([true, true])
  })
})

describe('the policy of single sign-on', () => {
  const enforcing = { ...acme, ssoEnforced: true }
  const { user } = person('usr_administrator')
  const administrator = { ...person('usr_administrator', 'OWNER', enforcing), user: { ...user, isAdministrator: true } }

  it.each([
    ['a member of an organization that enforces it', person('usr_member', 'MEMBER', enforcing), false],
    ['an owner of an organization that enforces it', person('usr_owner', 'OWNER', enforcing), false],
    ['an owner of its company only', person('usr_company', null, enforcing), true],
    ['a member of an organization that does not enforce it', person('usr_member', 'MEMBER'), true],
    ['a person without organizations', person('usr_stranger'), true],
    ['an administrator of the installation', administrator, true],
  ])('decides about the password of %s', (_, of, expected) => {
    expect(mayUsePassword(of)).toBe(expected)
    expect(organizationsRequiringSso(of).map(({ name }) => name)).toEqual(expected ? [] : ['acme'])
  })

  it('links accounts of everybody except administrators', () => {
    expect([mayBeLinked({ isAdministrator: false }), mayBeLinked({ isAdministrator: true })]).toEqual([true, false])
  })
})
