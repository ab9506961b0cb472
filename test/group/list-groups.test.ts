import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GroupsDocument, type GroupsQueryVariables } from '../../schema/typed-documents.ts'
import { GroupMembership } from '../../src/domain/model/group.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import { User } from '../../src/domain/model/user.ts'
import { arrangeCallers, type CallerKind, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { addToGroup, createGroup, setGroupAccess } from './arrange.ts'

let postern: Postern
let callers: Callers
let owner: Client

const numbered = Array.from({ length: 21 }, (_, index) => `g${String(index).padStart(2, '0')}`)
const names = ['api', 'api-docs', ...numbered, 'web'].sort()
const crowd = Array.from({ length: 25 }, (_, index) => `person${String(index).padStart(2, '0')}`)

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  await createRepository(owner, 'acme/api')
  await createRepository(owner, 'acme/web')
  for (const name of names.toReversed()) {
    const group = await createGroup(owner, name)
    await addToGroup(group, owner, 'member', 'editor')
    for (const repository of ['acme/api', 'acme/web']) await setGroupAccess(group, owner, repository, 'READ')
  }
  await fill(await createGroup(owner, 'zz-crowd'))
  await createGroup(callers.all.ownerElsewhere.client, 'theirs', 'globex')
})
afterAll(() => postern.stop())

/** Adds the crowd to `acme` and to a group, the last person first. */
async function fill(group: string): Promise<void> {
  const em = postern.em()
  const now = new Date()
  const people = crowd.map((username, index) => ({ id: `usr_${99 - index}`, username }))
  await em.insertMany(
    Namespace,
    people.map(({ id, username }) => ({ id, name: username, kind: 'USER' as const })),
  )
  const rest = { email: null, passwordHash: 'none', isAdministrator: false, createdAt: now }
  await em.insertMany(
    User,
    people.map(({ id, username }) => ({ id, username, displayName: username, ...rest })),
  )
  const joined = people.map(({ id }) => ({ organization: callers.acmeId, user: id, joinedAt: now }))
  await em.insertMany(
    Membership,
    joined.map((each) => ({ ...each, role: 'MEMBER' as const })),
  )
  await em.insertMany(
    GroupMembership,
    joined.map((each) => ({ ...each, group })),
  )
}

async function list(client: Client, variables: Omit<GroupsQueryVariables, 'organization'> = {}) {
  const { organization } = await client.execute(GroupsDocument, { organization: 'acme', ...variables })
  if (!organization) throw new Error('The organization is not seen.')
  const { nodes, totalCount, pageInfo } = organization.groups
  return { names: nodes.map(({ name }) => name), totalCount, pageInfo }
}

describe('Organization.groups', () => {
  const all = [...names, 'zz-crowd']

  it('returns the first 20 by name, with the total', async () => {
    expect(await list(owner)).toEqual({
      names: all.slice(0, 20),
      totalCount: all.length,
      pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
    })
  })

  it.each([1, 7, 25, 50])('pages through all of them, %d at a time', async (first) => {
    const found: string[] = []
    let after: string | null | undefined = null
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(owner, { first, after })
      found.push(...page.names)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after)
    expect(found).toEqual(all)
  })

  it.each([
    ['API', ['api', 'api-docs']],
    ['i-d', ['api-docs']],
    ['%', []],
    ['_', []],
    ['', all],
  ])('finds %j in names', async (search, found) => {
    expect(await list(owner, { search, first: 50 })).toMatchObject({ names: found, totalCount: found.length })
  })

  it.each<CallerKind>(['member', 'editor', 'owner', 'companyOwner', 'token'])(
    'Organization.groups is visible to the %s',
    async (kind) => {
      expect((await list(callers.all[kind].client)).totalCount).toBe(all.length)
    },
  )

  it('Organization.groups is denied to administrators of the installation and tokens without GROUP_READ', async () => {
    const variables = { organization: 'acme' }
    const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['MEMBER_READ' as const] }]
    const blind = postern.client((await generateToken(owner, { scopes })).secret)
    for (const client of [callers.all.administrator.client, blind])
      expect(await client.codesOf(GroupsDocument, variables)).toEqual(['FORBIDDEN'])
  })
})

describe('Group.members', () => {
  async function page(first: number, after: string | null) {
    const query = `query ($first: Int, $after: String) {
      organization(name: "acme") {
        groups(first: 1, search: "zz-crowd") {
          nodes { members(first: $first, after: $after) {
            totalCount nodes { user { username } } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
          } }
        }
      }
    }`
    const { body } = await owner.send({ query, variables: { first, after } })
    expect(body.errors).toBeUndefined()
    const { organization } = body.data as never as {
      organization: {
        groups: {
          nodes: [{ members: { totalCount: number; nodes: { user: { username: string } }[]; pageInfo: Info } }]
        }
      }
    }
    return organization.groups.nodes[0].members
  }
  interface Info {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly endCursor: string | null
  }

  it.each([1, 10, 25, 100])('pages through all of them by username, %d at a time', async (first) => {
    const found: string[] = []
    let after: string | null = null
    do {
      const { totalCount, nodes, pageInfo } = await page(first, after)
      expect(totalCount).toBe(crowd.length)
      expect(pageInfo.hasPreviousPage).toBe(after !== null)
      found.push(...nodes.map(({ user }) => user.username))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null)
    expect(found).toEqual(crowd)
  })

  it('returns an empty page and the total if 0 are requested', async () => {
    expect(await page(0, null)).toMatchObject({ totalCount: crowd.length, nodes: [] })
  })
})

describe('a page of groups', () => {
  const query = `query ($first: Int) {
    organization(name: "acme") {
      groups(first: $first) {
        totalCount
        nodes {
          id name description
          members(first: 2) { totalCount nodes { role joinedAt user { username } } pageInfo { endCursor } }
          repositories { access repository { name viewerPermissions organization { name } } }
        }
      }
    }
  }`

  /**
   * The caller, the groups and their count, and for all groups together members, their count, people and repositories.
   */
  const STATEMENTS = 8

  it.each([1, 20])('a page of %d groups takes the same statements with members and repositories', async (first) => {
    const statements = await statementsOf(async () => {
      const { body } = await callers.all.member.client.send({ query, variables: { first } })
      expect(body.errors).toBeUndefined()
      const { nodes } = (body.data as never as { organization: { groups: { nodes: object[] } } }).organization.groups
      expect(nodes).toHaveLength(first)
      for (const node of nodes)
        expect(node).toMatchObject({
          members: { totalCount: 2, nodes: [{ user: { username: 'editor' } }, { user: { username: 'member' } }] },
          repositories: [
            { access: 'READ', repository: { name: 'acme/api', viewerPermissions: ['IMAGE_PULL', 'REPOSITORY_READ'] } },
            { access: 'READ', repository: { name: 'acme/web' } },
          ],
        })
    })
    expect(statements).toHaveLength(STATEMENTS)
  })

  it('a page of groups is invalid if it costs too much', async () => {
    const fields = 'members(first: 100) { nodes { user { username } } }'
    const { body } = await owner.send({
      query: `{ organization(name: "acme") { groups(first: 100) { nodes { ${fields} } } } }`,
    })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })
})
