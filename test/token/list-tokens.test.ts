import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AccessTokenFilter, AccessTokensDocument } from '../../schema/typed-documents.ts'
import { AccessTokenLastUse } from '../../src/domain/model/usage-tables.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { insertTokens, type TokenToInsert, userIdOf } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string

/** A date in the past, or, if `days` is positive, one in the far future. */
function inDays(days: number): Date {
  return new Date(Date.UTC(days > 0 ? 2990 : 2020, 0, 1) + days * 86_400_000)
}

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  await postern.signUp('ada')
  const ada = await userIdOf(postern.em(), 'ada')
  const admin = await userIdOf(postern.em(), 'admin')
  const tokens: TokenToInsert[] = [
    { label: 'deploy', description: 'Production', createdBy: ada },
    { label: 'Deploy to staging', createdBy: admin, expiresAt: inDays(10) },
    { label: '100% coverage', description: 'nightly', createdBy: ada, expiresAt: inDays(30) },
    { label: '100 percent', createdBy: admin },
    { label: 'snake_case', createdBy: admin, deactivatedAt: inDays(-1) },
    { label: 'snakeXcase', createdBy: ada, deactivatedAt: inDays(-1), expiresAt: inDays(20) },
    { label: 'back\\slash', description: 'it\'s "quoted"', createdBy: ada, expiresAt: inDays(-5) },
    { label: 'old', description: 'deploy', expiresAt: inDays(-50), deactivatedAt: inDays(-60) },
    { label: 'Ärger', description: 'überall' },
  ]
  const ids = await insertTokens(postern.em(), acme, tokens)
  const idOf = (label: string) => ids[tokens.findIndex((token) => token.label === label)] ?? ''
  const use = (label: string, days: number) => ({ namespace: acme, token: idOf(label), at: inDays(days) })
  await postern.em().insertMany(AccessTokenLastUse, [
    { ...use('deploy', -1), ipAddress: '203.0.113.7', client: 'docker/29.0', repository: 'acme/api' },
    { ...use('100% coverage', -40), ipAddress: null, client: null, repository: null },
    { ...use('snake_case', -10), ipAddress: null, client: null, repository: null },
  ])
  const globex = await createOrganization(owner, 'globex', 'BUSINESS')
  await insertTokens(postern.em(), globex, [{ label: 'deploy', createdBy: ada, expiresAt: inDays(1) }])
})
afterAll(() => postern.stop())

async function list(filter: AccessTokenFilter | null, first = 100, after: string | null = null) {
  const response = await owner.execute(AccessTokensDocument, { organization: 'acme', first, after, filter })
  if (!response.organization) throw new Error('There is no acme.')
  return response.organization.accessTokens
}

const all = [
  'Ärger',
  'old',
  'back\\slash',
  'snakeXcase',
  'snake_case',
  '100 percent',
  '100% coverage',
  'Deploy to staging',
  'deploy',
]

describe('the list of tokens', () => {
  it('contains every token of the organization, newest first, and no others', async () => {
    const { nodes, totalCount } = await list(null)
    expect(nodes.map(({ label }) => label)).toEqual(all)
    expect(totalCount).toBe(all.length)
    expect(await list({})).toEqual(await list(null))
  })

  it('contains the last use', async () => {
    const [deploy] = (await list({ search: 'production' })).nodes
    const at = inDays(-1).toISOString()
    expect(deploy).toMatchObject({
      lastUsedAt: at,
      lastUsed: { at, ipAddress: '203.0.113.7', client: 'docker/29.0', repository: 'acme/api' },
    })
  })
})

describe('the filter of the list', () => {
  it.each<[AccessTokenFilter, string[]]>([
    [{ status: ['ACTIVE'] }, ['Ärger', '100 percent', '100% coverage', 'Deploy to staging', 'deploy']],
    [{ status: ['INACTIVE'] }, ['snakeXcase', 'snake_case']],
    [{ status: ['EXPIRED'] }, ['old', 'back\\slash']],
    [{ status: ['EXPIRED', 'INACTIVE'] }, ['old', 'back\\slash', 'snakeXcase', 'snake_case']],
    [{ status: ['ACTIVE', 'INACTIVE', 'EXPIRED', 'ACTIVE'] }, all],
    [{ status: [] }, []],
    [{ status: null }, all],
    [{ search: 'deploy' }, ['old', 'Deploy to staging', 'deploy']],
    [{ search: 'DEPLOY' }, ['old', 'Deploy to staging', 'deploy']],
    [{ search: ' production ' }, ['deploy']],
    [{ search: '100%' }, ['100% coverage']],
    [{ search: '%' }, ['100% coverage']],
    [{ search: '_' }, ['snake_case']],
    [{ search: 'snake_case' }, ['snake_case']],
    [{ search: '\\' }, ['back\\slash']],
    [{ search: '\\%' }, []],
    [{ search: `it's "quoted"` }, ['back\\slash']],
    [{ search: 'Ärge' }, ['Ärger']],
    [{ search: "'; drop table access_token; --" }, []],
    [{ search: '\u0000' }, all],
    [{ search: '' }, all],
    [{ search: null }, all],
    [{ search: 'x'.repeat(200) }, []],
    [{ createdBy: 'ada' }, ['back\\slash', 'snakeXcase', '100% coverage', 'deploy']],
    [{ createdBy: 'admin' }, ['snake_case', '100 percent', 'Deploy to staging']],
    [{ createdBy: 'ADA' }, []],
    [{ createdBy: 'nobody' }, []],
    [{ createdBy: 'a%' }, []],
    [{ createdBy: 'ada\u0000' }, []],
    [{ createdBy: '' }, []],
    [{ createdBy: null }, all],
    [{ unusedSince: inDays(-20).toISOString() }, all.filter((label) => !['deploy', 'snake_case'].includes(label))],
    [{ unusedSince: inDays(-1).toISOString() }, all.filter((label) => label !== 'deploy')],
    [{ unusedSince: inDays(-0.9).toISOString() }, all],
    [
      { unusedSince: '0001-01-01T00:00:00Z' },
      ['Ärger', 'old', 'back\\slash', 'snakeXcase', '100 percent', 'Deploy to staging'],
    ],
    [{ unusedSince: '9999-12-31T23:59:59Z' }, all],
    [{ expiresBefore: inDays(15).toISOString() }, ['old', 'back\\slash', 'Deploy to staging']],
    [{ expiresBefore: inDays(30).toISOString() }, ['old', 'back\\slash', 'snakeXcase', 'Deploy to staging']],
    [{ expiresBefore: inDays(0).toISOString() }, ['old', 'back\\slash']],
    [
      { expiresBefore: '9999-12-31T23:59:59Z' },
      ['old', 'back\\slash', 'snakeXcase', '100% coverage', 'Deploy to staging'],
    ],
    [{ status: ['ACTIVE'], createdBy: 'ada' }, ['100% coverage', 'deploy']],
    [{ status: ['ACTIVE'], search: 'deploy' }, ['Deploy to staging', 'deploy']],
    [{ status: ['ACTIVE'], search: 'deploy', createdBy: 'ada' }, ['deploy']],
    [
      { status: ['ACTIVE'], unusedSince: inDays(-20).toISOString(), expiresBefore: inDays(40).toISOString() },
      ['100% coverage', 'Deploy to staging'],
    ],
    [{ status: ['INACTIVE', 'EXPIRED'], createdBy: 'ada', expiresBefore: inDays(0).toISOString() }, ['back\\slash']],
    [{ status: ['EXPIRED'], search: 'deploy', createdBy: 'ada' }, []],
  ])('returns the tokens that match %j', async (filter, labels) => {
    const { nodes, totalCount } = await list(filter)
    expect(nodes.map(({ label }) => label)).toEqual(labels)
    expect(totalCount).toBe(labels.length)
  })

  it.each<AccessTokenFilter>([
    { unusedSince: '0000-01-01T00:00:00Z' },
    { unusedSince: '0001-01-01T00:00:00+12:00' },
    { expiresBefore: '9999-12-31T23:59:59-12:00' },
    { expiresBefore: '2026-02-30T00:00:00Z' },
    { expiresBefore: 'soon' },
  ])('the filter of the list is BAD_USER_INPUT with %j, which is not a valid point in time', async (filter) => {
    const variables = { organization: 'acme', filter }
    expect(await owner.codesOf(AccessTokensDocument, variables)).toEqual(['BAD_USER_INPUT'])
  })

  it('the filter of the list is BAD_USER_INPUT with an unknown status', async () => {
    const variables = { organization: 'acme', filter: { status: ['REVOKED'] } }
    expect(await owner.codesOf(AccessTokensDocument, variables as never)).toEqual(['BAD_USER_INPUT'])
  })
})

describe('the pages of the list', () => {
  async function walk(filter: AccessTokenFilter | null, first: number): Promise<string[][]> {
    const pages: string[][] = []
    let after: string | null = null
    do {
      const page = await list(filter, first, after)
      pages.push(page.nodes.map(({ label }) => label))
      if (pages.length > all.length) throw new Error('The pages come to no end.')
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    return pages
  }

  it.each([1, 2, 4, 8, 9, 10, 100])('pages of %i contain every token once', async (first) => {
    const pages = await walk(null, first)
    expect(pages.flat()).toEqual(all)
    expect(pages).toHaveLength(Math.ceil(all.length / first))
  })

  it('contain what a filter leaves, with its total on each', async () => {
    const filter: AccessTokenFilter = { status: ['ACTIVE'] }
    expect((await walk(filter, 2)).map((page) => page.length)).toEqual([2, 2, 1])
    const { pageInfo } = await list(filter, 2)
    expect((await list(filter, 2, pageInfo.endCursor)).totalCount).toBe(5)
  })

  it('continue after a deleted token, and are not moved by a new one', async () => {
    const other = await createOrganization(owner, 'moving', 'BUSINESS')
    const ids = await insertTokens(postern.em(), other, [
      { label: '1' },
      { label: '2' },
      { label: '3' },
      { label: '4' },
    ])
    const page = async (after: string | null) =>
      (await owner.execute(AccessTokensDocument, { organization: 'moving', first: 2, after })).organization
        ?.accessTokens
    const first = await page(null)
    expect(first?.nodes.map(({ label }) => label)).toEqual(['4', '3'])
    await postern.em().execute('delete from access_token where id = ?', [ids[2] ?? ''])
    await insertTokens(postern.em(), other, [{ label: '5' }])
    expect((await page(first?.pageInfo.endCursor ?? null))?.nodes.map(({ label }) => label)).toEqual(['2', '1'])
  })

  it('return their position, on edges too', async () => {
    const query =
      'query ($after: String) { organization(name: "acme") { accessTokens(first: 3, after: $after) { edges { cursor node { label } } nodes { label } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }'
    const page = async (after: string | null) => {
      const { body } = await owner.send({ query, variables: { after } })
      return (body.data?.organization as { accessTokens: Record<string, unknown> } | undefined)?.accessTokens
    }
    const first = await page(null)
    const edges = first?.edges as Array<{ cursor: string; node: { label: string } }>
    expect(edges.map(({ node }) => node)).toEqual(first?.nodes)
    expect(first?.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[2]?.cursor,
    })
    const next = await page(edges[0]?.cursor ?? null)
    expect(next).toMatchObject({
      nodes: all.slice(1, 4).map((label) => ({ label })),
      pageInfo: { hasPreviousPage: true },
    })
    const last = await page(String((await list(null, 9)).pageInfo.endCursor))
    expect(last).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    })
  })

  it('the pages of the list have 20 tokens by default, and no tokens if 0 are requested', async () => {
    const many = await createOrganization(owner, 'many', 'BUSINESS')
    await insertTokens(postern.em(), many, Array(25).fill({}))
    const { organization } = await owner.execute(AccessTokensDocument, { organization: 'many' })
    expect(organization?.accessTokens.nodes).toHaveLength(20)
    expect(organization?.accessTokens).toMatchObject({ totalCount: 25, pageInfo: { hasNextPage: true } })
    expect(await list(null, 0)).toMatchObject({ nodes: [], totalCount: all.length, pageInfo: { hasNextPage: true } })
  })

  it.each([-1, 101, 1_000, 2_147_483_647, 2_147_483_648])(
    'the pages of the list are BAD_USER_INPUT with `first: %i`',
    async (first) => {
      const codes = await owner.codesOf(AccessTokensDocument, { organization: 'acme', first })
      expect(codes).toEqual(['BAD_USER_INPUT'])
    },
  )

  it('the pages of the list are BAD_USER_INPUT with a cursor of another list', async () => {
    await createRepository(owner, 'acme/api')
    const { body } = await owner.send({
      query: '{ organization(name: "acme") { id repositories(first: 1) { pageInfo { endCursor } } } }',
    })
    const organization = body.data?.organization as { repositories: { pageInfo: { endCursor: string } } } | undefined
    const cursors = [
      '',
      ' ',
      'nonsense',
      '!!!!',
      '\u0000',
      acme,
      Buffer.from('1').toString('base64url'),
      Buffer.from('tok_').toString('base64url'),
      Buffer.from("tok_01JD9Z3R5W8V0Q6T2YB4NCXHK'").toString('base64url'),
      Buffer.from(acme).toString('base64url'),
      organization?.repositories.pageInfo.endCursor ?? 'missing',
    ]
    expect(cursors).not.toContain('missing')
    const accepted: string[] = []
    for (const after of cursors) {
      const codes = await owner.codesOf(AccessTokensDocument, { organization: 'acme', after })
      if (codes.length === 0) accepted.push(after)
      else expect(codes).toEqual(['BAD_USER_INPUT'])
    }
    expect(accepted).toEqual([])
  })
})
