import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChangeMemberRoleDocument, RemoveMemberDocument } from '../../schema/typed-documents.ts'
import { GroupMembership } from '../../src/domain/model/group.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { createCompany } from '../harness/callers.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf, grantedActions, userIdOf } from '../token/arrange.ts'
import { changeRole, first, groupMembers, insertGroup, organizationOf, remove, rolesIn } from './arrange.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

describe('changeMemberRole', () => {
  it("changes a member's role, which applies to the next request", async () => {
    const { name, owner, others } = await organizationOf(postern, 'MEMBER')
    const member = first(others)
    expect(await changeRole(owner, name, member.username, 'EDITOR')).toEqual({
      membership: { user: { username: member.username }, role: 'EDITOR' },
      userErrors: [],
    })
    await createRepository(member.client, `${name}/api`)
    expect((await recordedActivity(postern, name)).slice(-2)[0]).toMatchObject({
      action: 'member.role_change',
      target: member.username,
      actorName: owner.username,
      data: { from: 'MEMBER', to: 'EDITOR' },
    })
    expect(await changeRole(owner, name, member.username, 'OWNER')).toMatchObject({ userErrors: [] })
    await generateToken(member.client, { organization: name })
  })

  it('records nothing if the role is the same', async () => {
    const { name, owner } = await organizationOf(postern)
    const before = await databaseDigest(postern)
    expect(await changeRole(owner, name, owner.username, 'OWNER')).toMatchObject({
      membership: { role: 'OWNER' },
      userErrors: [],
    })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('lets everybody lower their own role, visible in the same response, and not raise it', async () => {
    const { name, id, others } = await organizationOf(postern, 'EDITOR', 'OWNER')
    const [editor, owner] = [first(others), first(others.slice(1))]
    expect(
      await editor.client.codesOf(ChangeMemberRoleDocument, {
        organization: name,
        username: editor.username,
        role: 'OWNER',
      }),
    ).toEqual(['FORBIDDEN'])
    expect(await changeRole(editor, name, editor.username, 'MEMBER')).toMatchObject({ membership: { role: 'MEMBER' } })
    const { body } = await owner.client.send({
      query: `mutation ($name: String!, $username: String!) {
        changeMemberRole(organization: $name, username: $username, role: MEMBER) { organization { viewerRole } }
        updateOrganization(organization: $name, input: { displayName: "Mine" }) { organization { id } }
      }`,
      variables: { name, username: owner.username },
    })
    expect(body).toMatchObject({
      data: null,
      errors: [{ path: ['updateOrganization'], extensions: { code: 'FORBIDDEN' } }],
    })
    expect(await rolesIn(postern.em(), name)).toMatchObject({
      [editor.username]: 'MEMBER',
      [owner.username]: 'MEMBER',
    })
    const [{ display_name } = {}] = await postern
      .em()
      .execute<Array<{ display_name?: string }>>('select display_name from organization where id = ?', [id])
    expect(display_name).toBe(name)
  })

  it('changeMemberRole is denied to members and editors, and changes nothing', async () => {
    const { name, others, owner } = await organizationOf(postern, 'EDITOR', 'MEMBER')
    const before = await databaseDigest(postern)
    for (const { client } of others)
      for (const username of [owner.username, ...others.map((other) => other.username), 'nobody'])
        if (client !== others.find((other) => other.username === username)?.client) {
          const variables = { organization: name, username }
          expect(await client.codesOf(ChangeMemberRoleDocument, { ...variables, role: 'MEMBER' })).toEqual([
            'FORBIDDEN',
          ])
          expect(await client.codesOf(RemoveMemberDocument, variables)).toEqual(['FORBIDDEN'])
        }
    expect(await databaseDigest(postern)).toBe(before)
  })
})

describe('removeMember', () => {
  it('removes a member from the organization and its groups, and with that the access of their password', async () => {
    const { name, id, owner, others } = await organizationOf(postern, 'MEMBER')
    const member = first(others)
    const group = await insertGroup(postern.em(), id, 'developers')
    const user = await userIdOf(postern.em(), member.username)
    const repository = await createRepository(owner.client, `${name}/api`)
    await postern.em().insert(GroupMembership, { group, user, organization: id, joinedAt: new Date() })
    await postern
      .em()
      .execute('insert into group_repository (organization_id, repository_id, group_id, access) values (?, ?, ?, ?)', [
        id,
        repository,
        group,
        'WRITE',
      ])
    const login = { username: member.username, secret: member.password }
    expect((await grantedActions(postern.url, login, `${name}/api`)).actions).toEqual(['pull', 'push'])

    expect(await remove(owner, name, member.username)).toEqual({
      user: { id: user, username: member.username },
      userErrors: [],
    })
    expect(await rolesIn(postern.em(), name)).toEqual({ [owner.username]: 'OWNER' })
    expect(await groupMembers(postern.em(), group)).toEqual([])
    expect((await grantedActions(postern.url, login, `${name}/api`)).actions).toEqual([])
    expect((await recordedActivity(postern, name)).at(-1)).toMatchObject({
      action: 'member.remove',
      target: member.username,
      actorName: owner.username,
      data: { role: 'MEMBER' },
    })
  })

  it('lets everybody leave, who no longer sees the organization, also in the rest of the same request', async () => {
    const { name, others } = await organizationOf(postern, 'EDITOR', 'MEMBER', 'OWNER')
    for (const { client, username } of others) {
      const { body } = await client.send({
        query: `mutation ($name: String!, $username: String!) {
          removeMember(organization: $name, username: $username) { user { username } userErrors { code } }
          updateOrganization(organization: $name, input: { displayName: "Mine" }) { userErrors { code } }
        }`,
        variables: { name, username },
      })
      expect(body.data).toEqual({
        removeMember: { user: { username }, userErrors: [] },
        updateOrganization: { userErrors: [{ code: 'NOT_FOUND' }] },
      })
      expect(faultsOf(await remove({ client }, name, username))).toEqual(['NOT_FOUND organization'])
    }
  })

  it('returns the same for a person who is not a member, an unknown name and a malformed one', async () => {
    const { name, owner } = await organizationOf(postern)
    const responses = new Set<string>()
    for (const username of ['admin', 'nobody-at-all', 'Not A Name', '', '\u0000'])
      for (const payload of [await remove(owner, name, username), await changeRole(owner, name, username, 'MEMBER')])
        responses.add(JSON.stringify(payload.userErrors))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND","message"')
  })

  it('returns the same for an invisible organization and a missing one', async () => {
    const { name, owner } = await organizationOf(postern)
    const stranger = await postern.signUp(`stranger-of-${name}`)
    for (const act of [remove, (...[by, ...on]: Parameters<typeof remove>) => changeRole(by, ...on, 'MEMBER')]) {
      const foreign = await act(stranger, name, owner.username)
      expect(faultsOf(foreign)).toEqual(['NOT_FOUND organization'])
      expect(foreign).toEqual(await act(stranger, 'absent', owner.username))
    }
  })
})

describe('an owner of the company', () => {
  it('appoints and removes owners, but does not count as the last owner of the organization', async () => {
    const { name, id, owner, others } = await organizationOf(postern, 'MEMBER')
    const member = first(others)
    const boss = await postern.signUp(`boss-of-${name}`)
    await createCompany(postern, `company-of-${name}`, [id], [boss.client])
    expect(faultsOf(await remove(boss, name, owner.username))).toEqual(['LAST_OWNER username'])
    expect(faultsOf(await changeRole(boss, name, owner.username, 'MEMBER'))).toEqual(['LAST_OWNER username'])
    expect(await changeRole(boss, name, member.username, 'OWNER')).toMatchObject({ userErrors: [] })
    expect(await remove(boss, name, owner.username)).toMatchObject({ userErrors: [] })
    expect(await rolesIn(postern.em(), name)).toEqual({ [member.username]: 'OWNER' })
  })

  it('still owns the company after leaving the organization, in the same request too', async () => {
    const { name, id, owner } = await organizationOf(postern, 'OWNER')
    await createCompany(postern, `company-of-${name}`, [id], [owner.client])
    const { body } = await owner.client.send({
      query: `mutation ($name: String!, $username: String!) {
        removeMember(organization: $name, username: $username) { userErrors { code } }
        updateOrganization(organization: $name, input: { displayName: "Still" }) { organization { viewerRole } }
      }`,
      variables: { name, username: owner.username },
    })
    expect(body.data).toMatchObject({ updateOrganization: { organization: { viewerRole: 'OWNER' } } })
    expect(await rolesIn(postern.em(), name)).not.toHaveProperty(owner.username)
  })
})
