import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RepositoriesDocument, type RepositoriesQueryVariables } from '../../schema/typed-documents.ts'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, type Person, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
let member: Person

const numbered = Array.from({ length: 21 }, (_, index) => `n${String(index).padStart(2, '0')}`)
const others = ['api', 'api-docs', 'api.v2', 'api_v2', 'team/api', 'web']
const paths = [...numbered, ...others].sort()
// Every third is public.
const publicPaths = paths.filter((_, index) => index % 3 === 0)

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  member = await postern.signUp('ben')
  const acmeId = await createOwnedOrganization(postern, owner, 'acme')
  await addMember(postern, acmeId, member.client, 'MEMBER')
  await createOwnedOrganization(postern, owner, 'globex')
  // Not in the order in which they are listed.
  for (const path of paths.toReversed())
    await createRepository(owner, `acme/${path}`, publicPaths.includes(path) ? 'PUBLIC' : 'PRIVATE')
  await createRepository(owner, 'globex/api', 'PUBLIC')
  await createRepository(owner, 'ada/api', 'PUBLIC')
})
afterAll(() => postern.stop())

async function list(client: Client, variables: Omit<RepositoriesQueryVariables, 'organization'> = {}) {
  const { organization } = await client.execute(RepositoriesDocument, { organization: 'acme', ...variables })
  if (!organization) throw new Error('The organization is not seen.')
  const { nodes, totalCount, pageInfo } = organization.repositories
  return { paths: nodes.map(({ name }) => name.replace('acme/', '')), totalCount, pageInfo }
}

async function pagesOf(client: Client, first: number, search?: string): Promise<string[][]> {
  const pages: string[][] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof list>> = await list(client, { first, after, ...(search && { search }) })
    pages.push(page.paths)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null && pages.length < 100)
  return pages
}

describe('Organization.repositories', () => {
  it('answers the first 20 by name, and how many there are', async () => {
    expect(await list(owner)).toEqual({
      paths: paths.slice(0, 20),
      totalCount: paths.length,
      pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
    })
  })

  it.each([1, 4, 9, 27, 100])('pages through all of them, %d at a time', async (first) => {
    const pages = await pagesOf(owner, first)
    expect(pages.flat()).toEqual(paths)
    expect(pages.slice(0, -1).every(({ length }) => length === first)).toBe(true)
    expect((await pagesOf(member.client, first)).flat()).toEqual(publicPaths)
  })

  it('counts for a member what a member sees', async () => {
    expect((await list(member.client, { first: 1 })).totalCount).toBe(publicPaths.length)
    expect((await list(member.client, { search: 'api' })).totalCount).toBe(
      publicPaths.filter((path) => path.includes('api')).length,
    )
  })

  it('goes on behind a cursor whatever has come or gone in between', async () => {
    const { pageInfo } = await list(owner, { first: 5 })
    await createRepository(owner, 'acme/a-new-first-one')
    expect((await list(owner, { first: 5, after: pageInfo.endCursor })).paths).toEqual(paths.slice(5, 10))
    await postern.em().execute(`delete from repository where path = 'a-new-first-one'`)
  })

  it.each([
    ['api', ['api', 'api-docs', 'api.v2', 'api_v2', 'team/api']],
    ['API', ['api', 'api-docs', 'api.v2', 'api_v2', 'team/api']],
    [' api ', ['api', 'api-docs', 'api.v2', 'api_v2', 'team/api']],
    ['pi-d', ['api-docs']],
    ['team/', ['team/api']],
    ['i_v', ['api_v2']],
    ['i.v', ['api.v2']],
    ['%', []],
    ['_', ['api_v2']],
    ['\\', []],
    ['a%i', []],
    ['acme', []],
    ["' or '1'='1", []],
    ['api\u0000', ['api', 'api-docs', 'api.v2', 'api_v2', 'team/api']],
    ['nothing like it', []],
  ])('finds %j as it is written, in letters of either case', async (search, found) => {
    expect(await list(owner, { search, first: 100 })).toMatchObject({ paths: found, totalCount: found.length })
  })

  it.each(['', '  ', null])('finds everything where nothing is searched: %j', async (search) => {
    expect((await list(owner, { search, first: 100 })).paths).toEqual(paths)
  })

  it('pages through what a search has found', async () => {
    const pages = await pagesOf(owner, 2, 'api')
    expect(pages).toEqual([['api', 'api-docs'], ['api.v2', 'api_v2'], ['team/api']])
  })

  it.each([
    ['-1', { first: -1 }],
    ['101', { first: 101 }],
    ['what is no cursor', { after: 'not a cursor!' }],
    ['a cursor with SQL in it', { after: Buffer.from(`' or true --`).toString('base64url') }],
  ])('refuses %s', async (_, variables) => {
    expect(await owner.codesOf(RepositoriesDocument, { organization: 'acme', ...variables })).toEqual([
      'BAD_USER_INPUT',
    ])
  })

  it('answers an empty page, and the count, where none is asked for', async () => {
    expect(await list(owner, { first: 0 })).toMatchObject({ paths: [], totalCount: paths.length })
  })

  it('never lists what another namespace has', async () => {
    const { organization } = await owner.execute(RepositoriesDocument, { organization: 'globex' })
    expect(organization?.repositories).toMatchObject({ totalCount: 1, nodes: [{ name: 'globex/api' }] })
  })
})
