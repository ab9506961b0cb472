import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvitesDocument, MembersDocument, type MembersQueryVariables } from '../../schema/typed-documents.ts'
import { Invite } from '../../src/domain/model/invite.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import { User } from '../../src/domain/model/user.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { inviteOne, join } from './arrange.ts'

let postern: Postern
let owner: Client
let member: Person

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  member = await postern.signUp('mia')
  await join(owner, member)
  for (const [username, role] of [
    ['grace', 'EDITOR'],
    ['ada', 'EDITOR'],
    ['zoe', 'OWNER'],
  ] as const)
    await join(owner, await postern.signUp(username), { role })
  await postern.em().nativeUpdate(User, { username: 'zoe' }, { displayName: 'Zoe Grace' })
})
afterAll(() => postern.stop())

async function list(variables: Partial<MembersQueryVariables> = {}, client = owner) {
  const { organization } = await client.execute(MembersDocument, { organization: 'acme', ...variables })
  if (!organization) throw new Error('There is no acme.')
  return organization.members
}

const names = ({ nodes }: Awaited<ReturnType<typeof list>>) => nodes.map(({ user }) => user.username)

describe('the members of an organization', () => {
  it('the members of an organization are listed by username with their roles, by page', async () => {
    const all = await list({}, member.client)
    expect(all.nodes.map(({ user, role }) => [user.username, role])).toEqual([
      ['ada', 'EDITOR'],
      ['admin', 'OWNER'],
      ['grace', 'EDITOR'],
      ['mia', 'MEMBER'],
      ['zoe', 'OWNER'],
    ])
    expect(all.totalCount).toBe(5)
    const page = await list({ first: 2 })
    expect(names(page)).toEqual(['ada', 'admin'])
    expect(page).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true } })
    const rest = await list({ first: 3, after: page.pageInfo.endCursor ?? '' })
    expect(names(rest)).toEqual(['grace', 'mia', 'zoe'])
    expect(rest.pageInfo.hasNextPage).toBe(false)
  })

  it('the members of an organization are found by a part of their names, and by role', async () => {
    expect(names(await list({ search: 'GRACE' }))).toEqual(['grace', 'zoe'])
    expect(names(await list({ role: 'OWNER' }))).toEqual(['admin', 'zoe'])
    const both = await list({ search: 'grace', role: 'EDITOR' })
    expect([names(both), both.totalCount]).toEqual([['grace'], 1])
    expect(names(await list({ search: '%' }))).toEqual([])
  })

  it('accept only a cursor of their own list', async () => {
    const after = Buffer.from('No Name').toString('base64url')
    expect(await owner.codesOf(MembersDocument, { organization: 'acme', after })).toEqual(['BAD_USER_INPUT'])
    const ofInvites = { organization: 'acme', after: Buffer.from('ada').toString('base64url') }
    expect(await owner.codesOf(InvitesDocument, ofInvites)).toEqual(['BAD_USER_INPUT'])
  })

  it("show only the caller's own e-mail address", async () => {
    const query = '{ organization(name: "acme") { members { nodes { user { username email } } } } }'
    const { body } = await member.client.send({ query })
    const text = JSON.stringify(body.data)
    expect(text).toContain('mia@example.com')
    expect(text.match(/@example\.com/g)).toHaveLength(1)
  })
})

describe('the open invites', () => {
  it('the open invites are listed newest first, by page', async () => {
    const ids: string[] = []
    for (const invitee of ['one@example.com', 'two@example.com', 'three@example.com']) {
      ids.unshift(await inviteOne(owner, invitee))
      // Ids of the same millisecond have no defined order.
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const page = async (variables: { readonly first?: number; readonly after?: string }) => {
      const { organization } = await owner.execute(InvitesDocument, { organization: 'acme', ...variables })
      return organization?.invites
    }
    const first = await page({ first: 2 })
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
    const second = await page({ after: first?.pageInfo.endCursor ?? '' })
    expect([...(first?.nodes ?? []), ...(second?.nodes ?? [])].map(({ id }) => id)).toEqual(ids)
  })

  it('the open invites are denied to members', async () => {
    expect(await member.client.codesOf(InvitesDocument, { organization: 'acme' })).toEqual(['FORBIDDEN'])
  })
})

describe('a page', () => {
  beforeAll(async () => {
    await fill('two', await createOrganization(owner, 'two'), 2)
    await fill('hundred', await createOrganization(owner, 'hundred'), 100)
  })

  it.each([
    'members(first: 100) { totalCount nodes { role joinedAt user { id username displayName createdAt } } }',
    'invites(first: 100) { totalCount nodes { id invitee organizationName role expiresAt invitedBy { username } } }',
  ])('a page of a hundred takes as many statements as one of two: %s', async (selection) => {
    const query = `query ($name: String!) { organization(name: $name) { ${selection} } }`
    const statementsFor = (name: string) =>
      statementsOf(async () => {
        const { body } = await owner.send({ query, variables: { name } })
        expect(body.errors).toBeUndefined()
      })
    const two = await statementsFor('two')
    expect((await statementsFor('hundred')).toSorted()).toEqual(two.toSorted())
    // The caller, the list and its count, and the people.
    expect(two).toHaveLength(4)
  })
})

/** Adds a number of people to an organization, each of whom has invited somebody. */
async function fill(name: string, organization: string, count: number): Promise<void> {
  const em = postern.em()
  const now = new Date()
  const people = Array.from({ length: count }, (_, index) => ({
    id: newId('usr', now),
    username: `${name}-${index}`,
  }))
  await em.insertMany(
    Namespace,
    people.map(({ id, username }) => ({ id, name: username, kind: 'USER' as const })),
  )
  await em.insertMany(
    User,
    people.map((person) => ({
      ...person,
      displayName: person.username,
      email: null,
      passwordHash: 'none',
      isAdministrator: false,
      createdAt: now,
    })),
  )
  await em.insertMany(
    Membership,
    people.map(({ id }) => ({ organization, user: id, role: 'MEMBER' as const, joinedAt: now })),
  )
  await em.insertMany(
    Invite,
    people.map(({ id, username }) => ({
      id: newId('inv', now),
      organization,
      user: null,
      email: `${username}@example.com`,
      role: 'MEMBER' as const,
      group: null,
      invitedBy: id,
      createdAt: now,
      expiresAt: new Date(now.getTime() + 60_000),
    })),
  )
}
