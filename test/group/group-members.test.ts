import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AddGroupMemberDocument, GroupsDocument, RemoveGroupMemberDocument } from '../../schema/typed-documents.ts'
import { addMember, arrangeCallers, type Callers, removeMember } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { insertPersonalToken } from '../harness/inserted-token.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { addToGroup, changesNothing, createGroup, removeFromGroup } from './arrange.ts'

let postern: Postern
let callers: Callers
let owner: Client
let group: string

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  group = await createGroup(owner, 'developers')
})
afterAll(() => postern.stop())

async function membersOf(client = owner, search = 'developers') {
  const { organization } = await client.execute(GroupsDocument, { organization: 'acme', search })
  const [found] = organization?.groups.nodes ?? []
  return found?.members
}

const namesOf = async () => (await membersOf())?.nodes.map(({ user }) => user.username)

async function tryToAdd(client: Client, username: string, to = group) {
  return (await client.execute(AddGroupMemberDocument, { group: to, username })).addGroupMember
}

async function tryToRemove(client: Client, username: string) {
  return (await client.execute(RemoveGroupMemberDocument, { group, username })).removeGroupMember
}

describe('addGroupMember', () => {
  it('adds members of the organization, who are listed by username', async () => {
    await addToGroup(group, owner, 'owner', 'member', 'editor')
    expect(await membersOf()).toEqual({
      totalCount: 3,
      nodes: ['editor', 'member', 'owner'].map((username) => ({
        user: { username, displayName: username },
        role: username.toUpperCase(),
        joinedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      })),
    })
  })

  it('returns the changed group', async () => {
    const other = await createGroup(owner, 'answering')
    const { group: received } = await tryToAdd(owner, 'member', other)
    expect(received).toEqual({
      id: other,
      name: 'answering',
      members: { totalCount: 1, nodes: [{ user: { username: 'member' } }] },
    })
  })

  it('changes nothing for a person who is in the group already', async () => {
    await changesNothing(postern, async () => expect((await tryToAdd(owner, 'member')).userErrors).toEqual([]))
    expect(await namesOf()).toEqual(['editor', 'member', 'owner'])
  })

  it.each([
    ['is in no organization', 'stranger'],
    ['owns the company, and is no member', 'company-owner'],
    ['is in another organization', 'owner-elsewhere'],
    ['does not exist', 'nobody'],
    ['has a malformed name', 'a b\u0000'],
    ['is an organization', 'acme'],
  ])('addGroupMember is NOT_FOUND for a username that %s, with the advice to invite them', async (_, username) => {
    await changesNothing(postern, async () => {
      const { userErrors } = await tryToAdd(owner, username)
      expect(userErrors).toEqual([
        {
          code: 'NOT_FOUND',
          path: ['username'],
          message: expect.stringMatching(/^The organization has .*Invite them/),
        },
      ])
    })
  })

  it('requires GROUP_EDIT of a token; MEMBER_EDIT is not enough', async () => {
    const other = await createGroup(owner, 'by-tokens')
    const permitted = async (permission: 'GROUP_EDIT' | 'MEMBER_EDIT') => {
      const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: [permission] }]
      return postern.client((await generateToken(owner, { scopes })).secret)
    }
    expect((await tryToAdd(await permitted('GROUP_EDIT'), 'member', other)).userErrors).toEqual([])
    const variables = { group: other, username: 'editor' }
    expect(await (await permitted('MEMBER_EDIT')).codesOf(AddGroupMemberDocument, variables)).toEqual(['FORBIDDEN'])
  })

  it('never adds a person who leaves the organization at that moment', async () => {
    const person = await postern.signUp('leaving')
    const other = await createGroup(owner, 'racing')
    for (let round = 0; round < 5; round++) {
      await addMember(postern, callers.acmeId, person.client, 'MEMBER')
      const [payload] = await Promise.all([
        tryToAdd(owner, 'leaving', other),
        removeMember(postern, callers.acmeId, person.client),
      ])
      expect([[], ['NOT_FOUND username']]).toContainEqual(faultsOf(payload))
      expect((await membersOf(owner, 'racing'))?.totalCount).toBe(0)
    }
  })
})

describe('removeGroupMember', () => {
  it('removes a person, once', async () => {
    const { group: received } = await tryToRemove(owner, 'editor')
    expect(received?.members).toEqual({ totalCount: 2 })
    expect(await namesOf()).toEqual(['member', 'owner'])
    await changesNothing(postern, async () =>
      expect(faultsOf(await tryToRemove(owner, 'editor'))).toEqual(['NOT_FOUND username']),
    )
  })

  it('returns the same for a person outside of the group and an unknown name', async () => {
    const responses = []
    for (const username of ['stranger', 'nobody', '', 'no name'])
      responses.push((await tryToRemove(owner, username)).userErrors)
    expect(new Set(responses.map((each) => JSON.stringify(each))).size).toBe(1)
  })

  it('lets members remove themselves, and nobody else', async () => {
    const { member } = callers.all
    const variables = { group, username: 'owner' }
    await changesNothing(postern, async () =>
      expect(await member.client.codesOf(RemoveGroupMemberDocument, variables)).toEqual(['FORBIDDEN']),
    )
    await removeFromGroup(group, member.client, 'member')
    expect(await namesOf()).toEqual(['owner'])
    // They still see the group without them.
    expect((await membersOf(member.client))?.totalCount).toBe(1)
    expect(faultsOf(await tryToRemove(member.client, 'member'))).toEqual(['NOT_FOUND username'])
    await addToGroup(group, owner, 'member')
  })

  it('removeGroupMember is denied to personal tokens, also of the person to remove', async () => {
    const { password } = await insertPersonalToken(postern, 'member', 'READ_WRITE_DELETE')
    const client = postern.client(password)
    expect((await membersOf(client))?.totalCount).toBe(2)
    await changesNothing(postern, async () =>
      expect(await client.codesOf(RemoveGroupMemberDocument, { group, username: 'member' })).toEqual(['FORBIDDEN']),
    )
  })
})

describe('leaving the organization', () => {
  it('removes people from its groups, also after they come back', async () => {
    const person = await postern.signUp('returning')
    await addMember(postern, callers.acmeId, person.client, 'EDITOR')
    await addToGroup(group, owner, 'returning')
    expect(await namesOf()).toContain('returning')
    await removeMember(postern, callers.acmeId, person.client)
    expect(await namesOf()).not.toContain('returning')
    await addMember(postern, callers.acmeId, person.client, 'EDITOR')
    expect(await namesOf()).not.toContain('returning')
  })
})
