import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AcceptInviteDocument,
  CancelInviteDocument,
  ChangeMemberRoleDocument,
  InviteMembersDocument,
  InvitesDocument,
  MembersDocument,
  NodeDocument,
  type OrganizationRole,
  RemoveMemberDocument,
  ViewerInvitesDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, faultsOf, userIdOf } from '../token/arrange.ts'
import { insertGroup, inviteAll, inviteOne, rolesIn, tokenWith } from './arrange.ts'

const organization = 'acme'

let postern: Postern
let owner: Client
let acme: string
let person: Person
let created = 0

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())
beforeEach(async () => {
  person = await postern.signUp(`person-${++created}`)
})

async function change(client: Client, role: OrganizationRole, username = person.username) {
  return (await client.execute(ChangeMemberRoleDocument, { organization, username, role })).changeMemberRole
}

describe('a token of the organization', () => {
  it('a token with INVITE_EDIT invites, lists and cancels, and its invites have no inviter', async () => {
    const token = await tokenWith(postern, owner, 'INVITE_EDIT')
    const id = await inviteOne(token, person.username, { role: 'EDITOR' })
    const { organization: seen } = await token.execute(InvitesDocument, { organization })
    expect(seen?.invites.nodes.find((invite) => invite.id === id)).toMatchObject({
      invitee: person.username,
      role: 'EDITOR',
      invitedBy: null,
    })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'member.invite',
      actorKind: 'ORGANIZATION_TOKEN',
      actorName: 'acme',
    })
    expect((await token.execute(NodeDocument, { id })).node).toMatchObject({ __typename: 'Invite', id })
    expect((await token.execute(CancelInviteDocument, { id })).cancelInvite).toEqual({ deletedId: id, userErrors: [] })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'invite.cancel',
      actorKind: 'ORGANIZATION_TOKEN',
    })
  })

  it('a token with INVITE_EDIT cannot invite owners, or invite into groups', async () => {
    const token = await tokenWith(postern, owner, 'INVITE_EDIT')
    const group = await insertGroup(postern.em(), acme, `group ${created}`)
    const before = await databaseDigest(postern)
    expect(faultsOf(await inviteAll(token, [person.username], { role: 'OWNER' }))).toEqual([
      'SCOPE_NOT_ALLOWED input.role',
    ])
    const intoGroup = await inviteAll(token, [person.username], { group })
    expect(faultsOf(intoGroup)).toEqual(['SCOPE_NOT_ALLOWED input.group'])
    expect(intoGroup).toEqual(await inviteAll(token, [person.username], { group: 'grp_01JD9Z3R5W8V0Q6T2YB4NCXHKM' }))
    expect(await databaseDigest(postern)).toBe(before)
    const both = await tokenWith(postern, owner, 'INVITE_EDIT', 'GROUP_EDIT')
    expect(await inviteAll(both, [person.username], { group })).toMatchObject({ userErrors: [] })
  })

  it('a token with INVITE_EDIT cannot find, cancel or change invites of owners', async () => {
    const token = await tokenWith(postern, owner, 'INVITE_EDIT')
    for (const invitee of [person.username, `co-${person.username}@example.com`]) {
      const id = await inviteOne(owner, invitee, { role: 'OWNER' })
      const before = await databaseDigest(postern)
      const { results } = await inviteAll(token, [invitee])
      expect(results?.map((result) => [result.invite, faultsOf(result)])).toEqual([
        [null, ['SCOPE_NOT_ALLOWED input.invitees.0']],
      ])
      const { organization: seen } = await token.execute(InvitesDocument, { organization, first: 100 })
      expect(seen?.invites.nodes.map((invite) => invite.id)).not.toContain(id)
      expect(seen?.invites.totalCount).toBe(seen?.invites.nodes.length)
      expect((await token.execute(NodeDocument, { id })).node).toBeNull()
      const cancel = async (invite: string) => (await token.execute(CancelInviteDocument, { id: invite })).cancelInvite
      expect(faultsOf(await cancel(id))).toEqual(['NOT_FOUND id'])
      expect(await cancel(id)).toEqual(await cancel('inv_01JD9Z3R5W8V0Q6T2YB4NCXHKM'))
      expect(await databaseDigest(postern)).toBe(before)
    }
  })

  it('a token with MEMBER_EDIT changes roles and removes members, except owners', async () => {
    const token = await tokenWith(postern, owner, 'MEMBER_EDIT')
    await addMember(postern.em(), acme, person.username, 'MEMBER')
    expect(await change(token, 'EDITOR')).toMatchObject({ membership: { role: 'EDITOR' }, userErrors: [] })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'member.role_change',
      target: person.username,
      actorKind: 'ORGANIZATION_TOKEN',
    })
    expect(faultsOf(await change(token, 'OWNER'))).toEqual(['SCOPE_NOT_ALLOWED role'])
    await change(owner, 'OWNER')
    for (const role of ['OWNER', 'EDITOR', 'MEMBER'] as const)
      expect(faultsOf(await change(token, role))).toEqual([
        `SCOPE_NOT_ALLOWED ${role === 'OWNER' ? 'role' : 'username'}`,
      ])
    const variables = { organization, username: person.username }
    const failed = (await token.execute(RemoveMemberDocument, variables)).removeMember
    expect(faultsOf(failed)).toEqual(['SCOPE_NOT_ALLOWED username'])
    expect(await rolesIn(postern.em())).toMatchObject({ [person.username]: 'OWNER' })

    await change(owner, 'MEMBER')
    const { removeMember } = await token.execute(RemoveMemberDocument, variables)
    expect(removeMember).toMatchObject({ user: { username: person.username }, userErrors: [] })
    const { organization: seen } = await token.execute(MembersDocument, { organization, search: person.username })
    expect(seen?.members.totalCount).toBe(0)
  })

  it.each([
    ['MEMBER_READ', true, false],
    ['INVITE_READ', false, true],
    ['GROUP_EDIT', false, false],
  ] as const)(
    'a token with only %s reads what that permission includes, and changes nothing',
    async (permission, members, invites) => {
      const token = await tokenWith(postern, owner, permission)
      const id = await inviteOne(owner, person.username)
      const before = await databaseDigest(postern)
      const forbidden = (may: boolean) => (may ? [] : ['FORBIDDEN'])
      expect(await token.codesOf(MembersDocument, { organization })).toEqual(forbidden(members))
      expect(await token.codesOf(InvitesDocument, { organization })).toEqual(forbidden(invites))
      expect((await token.execute(NodeDocument, { id })).node).toEqual(invites ? { __typename: 'Invite', id } : null)
      const input = { organization, invitees: ['x@example.com'], role: 'MEMBER' as const }
      expect(await token.codesOf(InviteMembersDocument, { input })).toEqual(['FORBIDDEN'])
      expect(await token.codesOf(CancelInviteDocument, { id })).toEqual(['FORBIDDEN'])
      const admin = { organization, username: 'admin' }
      expect(await token.codesOf(ChangeMemberRoleDocument, { ...admin, role: 'MEMBER' })).toEqual(['FORBIDDEN'])
      expect(await token.codesOf(RemoveMemberDocument, admin)).toEqual(['FORBIDDEN'])
      expect(await databaseDigest(postern)).toBe(before)
    },
  )

  it('a token cannot accept invites, and has no invites', async () => {
    const token = await tokenWith(postern, owner, 'MEMBER_EDIT', 'INVITE_EDIT')
    const id = await inviteOne(owner, person.username)
    expect(await token.codesOf(AcceptInviteDocument, { id })).toEqual(['FORBIDDEN'])
    expect((await token.execute(ViewerInvitesDocument, {})).viewer?.invites).toEqual([])
  })

  it('a token of the organization has no access to another organization', async () => {
    await createOrganization(owner, `globex-${created}`, 'TEAM')
    const token = await tokenWith(postern, owner, 'MEMBER_EDIT', 'INVITE_EDIT')
    const id = await inviteOne(owner, person.username, { organization: `globex-${created}` })
    const on = async (name: string) =>
      JSON.stringify([
        await token.execute(MembersDocument, { organization: name }),
        await inviteAll(token, [person.username], { organization: name }),
        await token.execute(ChangeMemberRoleDocument, { organization: name, username: 'admin', role: 'MEMBER' }),
        await token.execute(RemoveMemberDocument, { organization: name, username: 'admin' }),
      ])
    expect(await on(`globex-${created}`)).toBe(await on('absent'))
    const cancel = (invite: string) => token.execute(CancelInviteDocument, { id: invite })
    expect(await cancel(id)).toEqual(await cancel('inv_01JD9Z3R5W8V0Q6T2YB4NCXHKM'))
  })
})

describe('a personal token', () => {
  it('lists the members if its access includes them, and is denied everything else with a message', async () => {
    await addMember(postern.em(), acme, person.username, 'OWNER')
    const token = await personalToken()
    const { organization: seen } = await token.execute(MembersDocument, { organization, search: person.username })
    expect(seen?.members.nodes).toMatchObject([{ role: 'OWNER' }])
    const viewerRole = await token.send({ query: '{ organization(name: "acme") { viewerRole } }' })
    expect(viewerRole.body.data).toEqual({ organization: { viewerRole: null } })

    const id = await inviteOne(owner, `${person.username}@example.com`)
    const before = await databaseDigest(postern)
    const failed = [
      '{ organization(name: "acme") { invites { totalCount } } }',
      'mutation { inviteMembers(input: { organization: "acme", invitees: ["x@example.com"] }) { userErrors { code } } }',
      `mutation { acceptInvite(id: "${id}") { userErrors { code } } }`,
      `mutation { cancelInvite(id: "${id}") { userErrors { code } } }`,
      'mutation { changeMemberRole(organization: "acme", username: "admin", role: MEMBER) { userErrors { code } } }',
      `mutation { removeMember(organization: "acme", username: "${person.username}") { userErrors { code } } }`,
    ]
    for (const query of failed) {
      const { body } = await token.send({ query })
      expect(body.errors?.map(({ extensions, message }) => [extensions.code, message])).toEqual([
        ['FORBIDDEN', 'An access token may not do this. Sign in as a person who may.'],
      ])
    }
    expect((await token.execute(ViewerInvitesDocument, {})).viewer?.invites).toEqual([])
    expect((await token.execute(NodeDocument, { id })).node).toBeNull()
    expect(await databaseDigest(postern)).toBe(before)
  })
})

/** A personal token of the person with the highest access. */
async function personalToken(): Promise<Client> {
  const em = postern.em()
  const now = new Date()
  const namespace = await userIdOf(em, person.username)
  const token = newId('tok', now)
  const secret = mintSecret('pstn', 'pat')
  await em.insert(AccessToken, {
    id: token,
    namespace,
    label: 'laptop',
    description: null,
    pullLimit: null,
    createdAt: now,
    createdBy: namespace,
    expiresAt: null,
    deactivatedAt: null,
    access: 'READ_WRITE_DELETE',
    session: null,
  })
  await em.insert(AccessTokenSecret, {
    id: newId('sec', now),
    namespace,
    token,
    hash: hashSecret(secret.reveal(), deriveKeys(postern.config.secretKey).tokenHashKey),
    hint: secret.hint,
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
    refusedAt: null,
  })
  await em.insert(AccessTokenScope, {
    token,
    position: 0,
    namespace,
    kind: 'REACHABLE_REPOSITORIES',
    repository: null,
    repositoryNamespace: null,
    permissions: ['IMAGE_DELETE'],
  })
  return postern.client(secret.reveal())
}
