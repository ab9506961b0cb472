import type { EntityManager } from '@mikro-orm/postgresql'
import {
  AcceptInviteDocument,
  ChangeMemberRoleDocument,
  InviteMembersDocument,
  type InviteMembersInput,
  type OrganizationRole,
  type Permission,
  RemoveMemberDocument,
} from '../../schema/typed-documents.ts'
import { Group } from '../../src/domain/model/group.ts'
import { Invite } from '../../src/domain/model/invite.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Person, type Postern } from '../harness/postern.ts'

/** Invites people into `acme`, unless `input` says otherwise. Returns the payload, which may have user errors. */
export async function inviteAll(inviter: Client, invitees: readonly string[], input: Partial<InviteMembersInput> = {}) {
  const { inviteMembers } = await inviter.execute(InviteMembersDocument, {
    input: { organization: 'acme', invitees: [...invitees], ...input },
  })
  return inviteMembers
}

/** Invites one person, which must succeed, and returns the id of the invite. */
export async function inviteOne(
  inviter: Client,
  invitee: string,
  input: Partial<InviteMembersInput> = {},
): Promise<string> {
  const payload = await inviteAll(inviter, [invitee], input)
  const id = payload.results?.[0]?.invite?.id
  if (id === undefined) throw new Error(JSON.stringify(payload))
  return id
}

/** Adds a person to `acme` by an invite that they accept. */
export async function join(
  inviter: Client,
  person: { readonly username: string; readonly client: Client },
  input: Partial<InviteMembersInput> = {},
): Promise<void> {
  const id = await inviteOne(inviter, person.username, input)
  const { acceptInvite } = await person.client.execute(AcceptInviteDocument, { id })
  if (!acceptInvite.membership) throw new Error(JSON.stringify(acceptInvite.userErrors))
}

/** Changes an invite so that it expired a minute ago. */
export async function endInvite(em: EntityManager, id: string): Promise<void> {
  await em.nativeUpdate(Invite, { id }, { expiresAt: new Date(Date.now() - 60_000) })
}

/** Inserts a group into an organization by its id, and returns the id of the group. */
export async function insertGroup(em: EntityManager, organization: string, name: string): Promise<string> {
  const id = newId('grp', new Date())
  await em.insert(Group, { id, organization, name, description: null, createdAt: new Date() })
  return id
}

/** The usernames of a group's members. */
export async function groupMembers(em: EntityManager, group: string): Promise<string[]> {
  const rows = await em.execute<Array<{ username: string }>>(
    'select username from group_membership m join user_account u on u.id = m.user_id where m.group_id = ? order by 1',
    [group],
  )
  return rows.map(({ username }) => username)
}

/** The roles in an organization, by username. */
export async function rolesIn(em: EntityManager, organization = 'acme'): Promise<Record<string, string>> {
  const rows = await em.execute<Array<{ username: string; role: string }>>(
    `select u.username, m.role from membership m
     join user_account u on u.id = m.user_id join organization o on o.id = m.organization_id
     where o.name = ? order by 1`,
    [organization],
  )
  return Object.fromEntries(rows.map(({ username, role }) => [username, role]))
}

/** A client with a token of `acme` that has these permissions on the organization. */
export async function tokenWith(postern: Postern, owner: Client, ...permissions: Permission[]): Promise<Client> {
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions }]
  return postern.client((await generateToken(owner, { label: permissions.join(' '), scopes })).secret)
}

let created = 0

/** A new organization with an owner and with new people in these roles. */
export async function organizationOf(postern: Postern, ...roles: readonly OrganizationRole[]) {
  created += 1
  const number = created
  const name = `org-${number}`
  const owner = await postern.signUp(`owner-of-${number}`)
  const id = await createOwnedOrganization(postern, owner.client, name, 'TEAM')
  const others = await Promise.all(
    roles.map(async (role, index) => {
      const person = await postern.signUp(`${role.toLowerCase()}-${number}-${index}`)
      await join(owner.client, person, { organization: name, role })
      return person
    }),
  )
  return { name, id, number, owner, others }
}

/** Changes a member's role as this person, and returns the payload. */
export async function changeRole(
  { client }: Pick<Person, 'client'>,
  organization: string,
  username: string,
  role: OrganizationRole,
) {
  return (await client.execute(ChangeMemberRoleDocument, { organization, username, role })).changeMemberRole
}

/** Removes a member as this person, and returns the payload. */
export async function remove({ client }: Pick<Person, 'client'>, organization: string, username: string) {
  return (await client.execute(RemoveMemberDocument, { organization, username })).removeMember
}

/** The first of these people. */
export const first = (people: readonly Person[]): Person => {
  const [person] = people
  if (person === undefined) throw new Error('There is nobody.')
  return person
}
