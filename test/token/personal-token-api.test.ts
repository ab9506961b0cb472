import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  NodeDocument,
  OrganizationDocument,
  type PersonalAccess,
  PersonalTokensDocument,
  RepositoriesDocument,
  RepositoryDocument,
  UserDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { permissions } from '../../src/graphql/permissions.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { allow } from '../../src/graphql/shield.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { addMember, createOwnedOrganization, removeMember, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import { createRepository, type Person, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Person
let ada: Person
let acmeId: string
/** Clients of tokens of ada, an editor of `acme`. */
let clients: Record<PersonalAccess | 'NAMED', Client>
/** A client of a token of the owner of `acme`. */
let ofOwner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signUp('owner')
  ada = await postern.signUp('ada')
  acmeId = await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
  await addMember(postern, acmeId, ada.client, 'EDITOR')
  await createRepository(owner.client, 'acme/app')
  await createRepository(owner.client, 'acme/site', 'PUBLIC')
  await createRepository(ada.client, 'ada/diary')
  await createRepository(owner.client, 'owner/notes')
  const withAccess = async (access: PersonalAccess, repositories: string[] | null = null) =>
    postern.client((await generatePersonal(ada.client, { label: access, access, repositories })).secret)
  ofOwner = postern.client((await generatePersonal(owner.client, { access: 'READ_WRITE_DELETE' })).secret)
  clients = {
    PUBLIC_READ: await withAccess('PUBLIC_READ'),
    READ: await withAccess('READ'),
    READ_WRITE: await withAccess('READ_WRITE'),
    READ_WRITE_DELETE: await withAccess('READ_WRITE_DELETE'),
    NAMED: await withAccess('READ_WRITE_DELETE', ['acme/app']),
  }
})
afterAll(() => postern.stop())

const kinds = ['PUBLIC_READ', 'READ', 'READ_WRITE', 'READ_WRITE_DELETE', 'NAMED'] as const
const reachesAll = (kind: (typeof kinds)[number]) => kind !== 'PUBLIC_READ' && kind !== 'NAMED'

describe.each(kinds)('a personal token with %s', (kind) => {
  it('returns the person and the token as viewer, without the e-mail address', async () => {
    const { viewer } = await clients[kind].execute(ViewerDocument, {})
    expect(viewer).toMatchObject({
      user: { username: 'ada', email: null },
      organization: null,
      accessToken: { label: kind === 'NAMED' ? 'READ_WRITE_DELETE' : kind },
      organizations: { nodes: reachesAll(kind) ? [{ name: 'acme', viewerCanManageTokens: false }] : [] },
    })
  })

  it('reads an organization if it has access to everything, and nothing of its tokens', async () => {
    const { organization } = await clients[kind].execute(OrganizationDocument, { name: 'acme' })
    expect(organization?.name).toBe(reachesAll(kind) ? 'acme' : undefined)
    const { body } = await clients[kind].send({ query: '{ organization(name: "acme") { tokenLimit { used } } }' })
    const codes = body.errors?.map(({ extensions }) => extensions.code) ?? []
    expect(codes).toEqual(reachesAll(kind) ? ['FORBIDDEN'] : [])
    if (reachesAll(kind))
      expect(await clients[kind].codesOf(AccessTokensDocument, { organization: 'acme' })).toContain('FORBIDDEN')
  })

  it("returns the token's permissions on repositories", async () => {
    const held = async (name: string) =>
      (await clients[kind].execute(RepositoryDocument, { name })).repository?.viewerPermissions
    const read = ['IMAGE_PULL', 'REPOSITORY_READ']
    const write = ['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_READ']
    const remove = ['IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE', 'REPOSITORY_READ']
    const seen = {
      PUBLIC_READ: [undefined, read, undefined],
      READ: [read, read, read],
      READ_WRITE: [write, write, write],
      READ_WRITE_DELETE: [write, write, remove],
      NAMED: [write, undefined, undefined],
    }
    expect(await Promise.all(['acme/app', 'acme/site', 'ada/diary'].map(held))).toEqual(seen[kind])
    expect(await held('owner/notes')).toBeUndefined()
    const { organization } = await clients[kind].execute(RepositoriesDocument, { organization: 'acme' })
    const listed = organization?.repositories.nodes.map(({ name }) => name)
    expect(listed).toEqual(reachesAll(kind) ? ['acme/app', 'acme/site'] : undefined)
  })

  it('returns people without their access tokens and pulls, including its own', async () => {
    expect((await clients[kind].execute(UserDocument, { username: 'owner' })).user?.username).toBe('owner')
    expect(await clients[kind].codesOf(PersonalTokensDocument, {})).toEqual(['FORBIDDEN'])
    const { body } = await clients[kind].send({ query: '{ viewer { user { usageLimit { used } } } }' })
    expect(body).toEqual({ data: { viewer: { user: { usageLimit: null } } } })
    const { id: other } = await generatePersonal(owner.client)
    expect(await clients[kind].execute(NodeDocument, { id: other })).toEqual({ node: null })
  })
})

describe('a personal token', () => {
  const schema = buildSchema()
  const mutations = Object.entries(permissions.Mutation).flatMap(([name, rule]) =>
    name === '*' || rule === allow ? [] : [name],
  )

  it.each(mutations)('a personal token is denied %s, with a message', async (name) => {
    const field = schema.getMutationType()?.getFields()[name]
    const values = field?.args.flatMap((each) =>
      isNonNullType(each.type) ? `${each.name}: ${literalOf(each.type)}` : [],
    )
    const given = values?.length ? `(${values.join(', ')})` : ''
    const before = await databaseDigest(postern)
    const { body } = await ofOwner.send({ query: `mutation { ${name}${given} { userErrors { code } } }` })
    expect(body.errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^An access token may not .+\.$/) }),
    ])
    expect(body.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('loses access to an organization when its person leaves', async () => {
    const read = async () => (await clients.READ.execute(RepositoryDocument, { name: 'acme/app' })).repository?.name
    expect(await read()).toBe('acme/app')
    await removeMember(postern, acmeId, ada.client)
    expect(await read()).toBeUndefined()
    expect((await clients.READ.execute(OrganizationDocument, { name: 'acme' })).organization).toBeNull()
    expect((await clients.NAMED.execute(RepositoryDocument, { name: 'acme/app' })).repository).toBeNull()
  })
})

describe('the access tokens and pulls of a person', () => {
  const query = `query ($id: ID!, $first: Int, $after: String, $filter: AccessTokenFilter) {
    node(id: $id) { ... on User { usageLimit { used } accessTokens(first: $first, after: $after, filter: $filter) {
      totalCount nodes { label createdBy { username } usageLimit { limit used } } pageInfo { endCursor hasNextPage }
    } } }
  }`

  it('the access tokens and pulls of a person are visible to the person, by page and filter', async () => {
    const id = await userIdOf(ada.client)
    const ask = async (variables: object) =>
      (await ada.client.send({ query, variables: { id, ...variables } })).body.data
    expect(await ask({ first: 2 })).toEqual({
      node: {
        usageLimit: { used: 0 },
        accessTokens: {
          totalCount: 5,
          nodes: ['READ_WRITE_DELETE', 'READ_WRITE_DELETE'].map((label) => ({
            label,
            createdBy: { username: 'ada' },
            usageLimit: { limit: expect.any(Number), used: 0 },
          })),
          pageInfo: { endCursor: expect.any(String), hasNextPage: true },
        },
      },
    })
    expect(await ask({ filter: { search: 'public' } })).toMatchObject({
      node: { accessTokens: { totalCount: 1, nodes: [{ label: 'PUBLIC_READ' }] } },
    })
  })

  it('the access tokens and pulls of a person are invisible to everybody else, whatever they administer', async () => {
    const id = await userIdOf(ada.client)
    const administrator = await postern.signInAsAdministrator()
    for (const client of [owner.client, administrator]) {
      const { body } = await client.send({ query, variables: { id } })
      expect(body.errors?.map(({ message, extensions }) => [extensions.code, message])).toEqual([
        ['FORBIDDEN', 'People can see only their own access tokens.'],
      ])
      const limit = await client.send({ query: '{ user(username: "ada") { usageLimit { used } } }' })
      expect(limit.body).toEqual({ data: { user: { usageLimit: null } } })
    }
  })
})

/** Any literal of a type, because access is denied before values are read. */
function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField)
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`
  }
  const literals: Record<string, string> = { Int: '1', Boolean: 'true', DateTime: '"2030-01-01T00:00:00Z"' }
  return literals[type.name] ?? '"acme"'
}
