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
// Every third one is public.
const publicPaths = paths.filter((_, index) => index % 3 === 0)

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  member = await postern.signUp('ben')
  const acmeId = await createOwnedOrganization(postern, owner, 'acme')
  await addMember(postern, acmeId, member.client, 'MEMBER')
  await createOwnedOrganization(postern, owner, 'globex')
  // Not in the order of the list.
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
  it('returns the first 20 by name, with the total', async () => {
    expect(await list(owner)).toEqual({
      paths: paths.slice(0, 20),
      totalCount: paths.length,
      pageInfo: {
        hasNextPage: true,
        hasPreviousPage: false,
        startCursor: expect.any(String),
        endCursor: expect.any(String),
      },
    })
  })

  it.each([1, 4, 9, 27, 100])('pages through all of them, %d at a time', async (first) => {
    const pages = await pagesOf(owner, first)
    expect(pages.flat()).toEqual(paths)
    expect(pages.slice(0, -1).every(({ length }) => length === first)).toBe(true)
    expect((await pagesOf(member.client, first)).flat()).toEqual(publicPaths)
  })

  it('counts only the repositories that a member can see', async () => {
    expect((await list(member.client, { first: 1 })).totalCount).toBe(publicPaths.length)
    expect((await list(member.client, { search: 'api' })).totalCount).toBe(
      publicPaths.filter((path) => path.includes('api')).length,
    )
  })

  it('continues after a cursor, whatever was created or deleted in between', async () => {
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
    ['no match', []],
  ])('finds %j literally, in either case', async (search, found) => {
    expect(await list(owner, { search, first: 100 })).toMatchObject({ paths: found, totalCount: found.length })
  })

  it.each(['', '  ', null])('finds everything with an empty search: %j', async (search) => {
    expect((await list(owner, { search, first: 100 })).paths).toEqual(paths)
  })

  it('pages through the results of a search', async () => {
    const pages = await pagesOf(owner, 2, 'api')
    expect(pages).toEqual([['api', 'api-docs'], ['api.v2', 'api_v2'], ['team/api']])
  })

  it.each([
    ['-1', { first: -1 }],
    ['101', { first: 101 }],
    ['a malformed cursor', { after: 'not a cursor!' }],
    ['a cursor with SQL', { after: Buffer.from(`' or true --`).toString('base64url') }],
  ])('returns BAD_USER_INPUT for %s', async (_, variables) => {
    expect(await owner.codesOf(RepositoriesDocument, { organization: 'acme', ...variables })).toEqual([
      'BAD_USER_INPUT',
    ])
  })

  it('returns an empty page and the total if 0 are requested', async () => {
    expect(await list(owner, { first: 0 })).toMatchObject({ paths: [], totalCount: paths.length })
  })

  it('never lists repositories of another namespace', async () => {
    const { organization } = await owner.execute(RepositoriesDocument, { organization: 'globex' })
    expect(organization?.repositories).toMatchObject({ totalCount: 1, nodes: [{ name: 'globex/api' }] })
  })
})
