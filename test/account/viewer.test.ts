import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NodeDocument, OrganizationDocument, UserDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { CompanyOwner } from '../../src/domain/model/company.ts'
import {
  addMember,
  arrangeCallers,
  type CallerKind,
  type Callers,
  createCompany,
  createOwnedOrganization,
  userIdOf,
} from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let callers: Callers

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
})
afterAll(() => postern.stop())

async function viewerOf(client: Client) {
  return (await client.execute(ViewerDocument, {})).viewer
}

/** All pages of the caller's organizations, by name. */
async function pagesOf(client: Client, first: number): Promise<string[][]> {
  const pages: string[][] = []
  let after: string | null = null
  do {
    const { viewer }: Awaited<ReturnType<typeof page>> = await page(client, first, after)
    pages.push(viewer?.organizations.nodes.map(({ name }) => name) ?? [])
    after = viewer?.organizations.pageInfo.hasNextPage ? viewer.organizations.pageInfo.endCursor : null
  } while (after !== null && pages.length < 100)
  return pages
}

function page(client: Client, first: number, after: string | null) {
  return client.execute(ViewerDocument, { first, after })
}

describe('viewer', () => {
  it('viewer is null for anonymous clients', async () => {
    expect(await viewerOf(callers.all.anonymous.client)).toBeNull()
  })

  it('viewer is the signed-in person', async () => {
    expect(await viewerOf(callers.all.stranger.client)).toEqual({
      user: {
        id: expect.stringMatching(/^usr_/),
        username: 'stranger',
        displayName: 'stranger',
        email: 'stranger@example.com',
      },
      organization: null,
      accessToken: null,
      organizations: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    })
  })

  it('viewer is the organization and the token, for a token: no person, and no memberships', async () => {
    expect(await viewerOf(callers.all.token.client)).toEqual({
      user: null,
      organization: { name: 'acme' },
      accessToken: { label: 'ci' },
      organizations: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    })
  })

  it.each<[CallerKind, string | null, boolean]>([
    ['member', 'MEMBER', false],
    ['editor', 'EDITOR', false],
    ['owner', 'OWNER', true],
    ['companyOwner', 'OWNER', true],
  ])('shows the %s their organization with the role %s', async (kind, viewerRole, viewerCanManageTokens) => {
    const { client } = callers.all[kind]
    const viewer = await viewerOf(client)
    expect(viewer?.organizations.nodes).toEqual([
      { id: callers.acmeId, name: 'acme', displayName: 'acme', plan: 'BUSINESS', viewerRole, viewerCanManageTokens },
    ])
    const { organization } = await client.execute(OrganizationDocument, { name: 'acme' })
    expect(organization).toMatchObject({ viewerRole, viewerCanManageTokens })
  })

  it.each<CallerKind>(['administrator', 'token'])('shows no role to the %s, who is not a member', async (kind) => {
    const { organization } = await callers.all[kind].client.execute(OrganizationDocument, { name: 'acme' })
    expect(organization).toMatchObject({ name: 'acme', viewerRole: null, viewerCanManageTokens: false })
  })

  it('shows a member who owns the company as an owner, once', async () => {
    const both = await postern.signUp('both')
    const em = postern.em()
    await addMember(postern, callers.acmeId, both.client, 'MEMBER')
    const [owner] = await em.find(CompanyOwner, {})
    await em.insert(CompanyOwner, { company: owner?.company ?? '', user: await userIdOf(both.client) })
    expect((await viewerOf(both.client))?.organizations.nodes).toMatchObject([
      { name: 'acme', viewerRole: 'OWNER', viewerCanManageTokens: true },
    ])
  })
})

describe('viewer.organizations', () => {
  let many: Client
  const own = Array.from({ length: 13 }, (_, index) => `own-${String(index).padStart(2, '0')}`)
  const held = Array.from({ length: 12 }, (_, index) => `held-${String(index).padStart(2, '0')}`)
  const all = [...own, ...held].sort()

  beforeAll(async () => {
    many = (await postern.signUp('many')).client
    for (const name of own) await createOwnedOrganization(postern, many, name)
    const heldIds: string[] = []
    for (const name of held)
      heldIds.push(await createOwnedOrganization(postern, callers.all.ownerElsewhere.client, name))
    await createCompany(postern, 'second-holding', heldIds, [many])
  })

  it.each([1, 5, 20, 25, 100])(
    'pages through memberships and organizations of a company, %d at a time',
    async (first) => {
      const pages = await pagesOf(many, first)
      expect(pages.flat()).toEqual(all)
      expect(pages.slice(0, -1).every(({ length }) => length === first)).toBe(true)
    },
  )

  it('returns 20 by default, with the position of the page', async () => {
    const { body } = await many.send({
      query: `query ($after: String) { viewer { organizations(after: $after) {
        totalCount nodes { name } edges { cursor node { name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } } }`,
    })
    const connection = connectionOf(body.data)
    expect(connection.totalCount).toBe(25)
    expect(connection.nodes.map(({ name }) => name)).toEqual(all.slice(0, 20))
    expect(connection.edges.map(({ node }) => node)).toEqual(connection.nodes)
    expect(connection.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: connection.edges[0]?.cursor,
      endCursor: connection.edges[19]?.cursor,
    })
    const second = (await page(many, 20, connection.pageInfo.endCursor)).viewer
    expect(second?.organizations.nodes.map(({ name }) => name)).toEqual(all.slice(20))
  })

  it('pages correctly while organizations are added and removed', async () => {
    const first = (await page(many, 5, null)).viewer?.organizations
    await createOwnedOrganization(postern, many, 'aaa')
    const next = (await page(many, 5, first?.pageInfo.endCursor ?? null)).viewer?.organizations
    expect(next?.nodes.map(({ name }) => name)).toEqual(all.slice(5, 10))
    await postern.em().execute(`delete from namespace where name = 'aaa'`)
  })

  it.each([
    ['-1', { first: -1 }],
    ['101', { first: 101 }],
    ['a malformed cursor', { after: '%%%' }],
    ['a cursor with SQL', { after: Buffer.from(`' or true --`).toString('base64url') }],
    ['a cursor with a null character', { after: Buffer.from('acme\u0000').toString('base64url') }],
  ])('returns BAD_USER_INPUT for %s', async (_, variables) => {
    expect(await many.codesOf(ViewerDocument, variables)).toEqual(['BAD_USER_INPUT'])
  })

  it('returns an empty page if 0 are requested', async () => {
    expect((await page(many, 0, null)).viewer?.organizations.nodes).toEqual([])
  })
})

describe('user', () => {
  it('shows the e-mail address only to the person', async () => {
    const username = 'owner'
    const everyone = ['stranger', 'member', 'companyOwner', 'administrator'] as const
    for (const kind of everyone) {
      const { user } = await callers.all[kind].client.execute(UserDocument, { username })
      expect(user).toMatchObject({ username, email: null })
    }
    const { user } = await callers.all.owner.client.execute(UserDocument, { username })
    expect(user).toMatchObject({ username, email: 'owner@example.com' })
  })

  it('hides the address of other people also in nested fields', async () => {
    const id = await userIdOf(callers.all.owner.client)
    const query = `query ($id: ID!) {
      node(id: $id) { ... on User { username email } }
      organization(name: "acme") { accessTokens { nodes { createdBy { username email } } } }
    }`
    const askedBy = async (kind: CallerKind) =>
      JSON.stringify((await callers.all[kind].client.send({ query, variables: { id } })).body)
    const met = await askedBy('companyOwner')
    expect(met.split('"username":"owner","email":null')).toHaveLength(3)
    expect(met).not.toContain('owner@example.com')
    expect(await askedBy('owner')).toContain('owner@example.com')
  })

  it('user is null for a missing name, the name of an organization, and a malformed name', async () => {
    for (const username of ['nobody', 'acme', 'OWNER', '', 'owner\u0000', "owner' or '1'='1", 'x'.repeat(1_000)])
      expect(await callers.all.stranger.client.execute(UserDocument, { username })).toEqual({ user: null })
  })

  it('never shows the hash of a password, or who is an administrator', async () => {
    const type = await callers.all.stranger.client.send({ query: '{ __type(name: "User") { fields { name } } }' })
    const fields = JSON.stringify(type.body.data)
    expect(fields).toContain('"username"')
    expect(fields).not.toMatch(/password|hash|administrator/i)
  })
})

describe('node', () => {
  it('node is null for everything that is not the id of a visible object', async () => {
    const ids = [
      '',
      'acme',
      'org_',
      `${callers.acmeId}0`,
      callers.acmeId.toLowerCase(),
      'ses_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    ]
    const [session] = await postern.em().execute<Array<{ id: string }>>('select id from session limit 1')
    const [key] = await postern.em().execute<Array<{ id: string }>>('select id from signing_key limit 1')
    for (const id of [...ids, session?.id ?? '', key?.id ?? ''])
      expect(await callers.all.owner.client.execute(NodeDocument, { id })).toEqual({ node: null })
  })

  it('finds the objects that were found by name', async () => {
    const { client } = callers.all.owner
    expect(await client.execute(NodeDocument, { id: callers.acmeId })).toEqual({
      node: { __typename: 'Organization', id: callers.acmeId, name: 'acme' },
    })
    const id = await userIdOf(callers.all.member.client)
    expect(await client.execute(NodeDocument, { id })).toEqual({ node: { __typename: 'User', id, username: 'member' } })
  })
})

interface OrganizationsPage {
  readonly totalCount: number
  readonly nodes: ReadonlyArray<{ readonly name: string }>
  readonly edges: ReadonlyArray<{ readonly cursor: string; readonly node: { readonly name: string } }>
  readonly pageInfo: { readonly endCursor: string }
}

function connectionOf(data: unknown): OrganizationsPage {
  return (data as { viewer: { organizations: OrganizationsPage } }).viewer.organizations
}
