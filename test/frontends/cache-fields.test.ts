import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Person
let organizationId: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signUp('ada')
  organizationId = await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
})
afterAll(() => postern.stop())

async function ask(client: Client, query: string): Promise<Record<string, never>> {
  const { body } = await client.send({ query })
  expect(body.errors).toBeUndefined()
  return body.data as Record<string, never>
}

const counts = `organization { id tokenLimit { used } accessTokens { totalCount } repositories { totalCount }
  groups { totalCount } webhooks { totalCount } invites { totalCount } }`

/** Deletes an object. Expects its id and type, and the counts that a new request returns. */
async function expectDeleted(id: string, mutation: string): Promise<void> {
  const { node } = await ask(owner.client, `{ node(id: "${id}") { __typename } }`)
  const deleted = await ask(
    owner.client,
    `mutation { deleted: ${mutation} { deletedId deletedTypename ${counts} userErrors { code } } }`,
  )
  const fresh = await ask(owner.client, `{ ${counts.replace('organization', 'organization(name: "acme")')} }`)
  expect(deleted.deleted).toEqual({
    deletedId: id,
    deletedTypename: Reflect.get(node ?? {}, '__typename'),
    organization: fresh.organization,
    userErrors: [],
  })
}

describe('the payload of a deletion', () => {
  it('of a token names it and its type, and has the new counts of the organization', async () => {
    const { id } = await generateToken(owner.client, { organization: 'acme' })
    await generateToken(owner.client, { organization: 'acme' })
    await expectDeleted(id, `deleteToken(id: "${id}")`)
  })

  it('of a personal token has no organization', async () => {
    const generated = await ask(
      owner.client,
      'mutation { generatePersonalToken(input: { label: "laptop", access: READ }) { accessToken { id } } }',
    )
    const { id } = Reflect.get(generated.generatePersonalToken ?? {}, 'accessToken') as { id: string }
    const { deleteToken } = await ask(
      owner.client,
      `mutation { deleteToken(id: "${id}") { deletedId deletedTypename organization { id } } }`,
    )
    expect(deleteToken).toEqual({ deletedId: id, deletedTypename: 'PersonalAccessToken', organization: null })
  })

  it('of a repository, a group, a webhook and an invite does the same', async () => {
    const repository = await createRepository(owner.client, 'acme/api')
    await expectDeleted(repository, 'deleteRepository(name: "acme/api")')
    const created = await ask(
      owner.client,
      `mutation {
        createGroup(input: { organization: "acme", name: "writers" }) { group { id organization { id } } }
        createWebhook(input: { organization: "acme", url: "http://127.0.0.1:9/", events: [TOKEN_EXPIRED] }) {
          webhook { id organization { id } }
        }
        inviteMembers(input: { organization: "acme", invitees: ["grace@example.com"] }) {
          results { invite { id organization { id } } }
        }
      }`,
    )
    const ids = [...JSON.stringify(created).matchAll(/"id":"((?:grp|whk|inv)_\w+)"/g)].map(([, id = '']) => id)
    expect([...JSON.stringify(created).matchAll(/"id":"(org_\w+)"/g)].map(([, id]) => id)).toEqual(
      Array(3).fill(organizationId),
    )
    const [group = '', webhook = '', invite = ''] = ids
    await expectDeleted(group, `deleteGroup(id: "${group}")`)
    await expectDeleted(webhook, `deleteWebhook(id: "${webhook}")`)
    await expectDeleted(invite, `cancelInvite(id: "${invite}")`)
  })

  it('that is invalid has nothing except its errors', async () => {
    const { deleteToken } = await ask(
      owner.client,
      'mutation { deleteToken(id: "tok_01ARZ3NDEKTSV4RRFFQ69G5FAV") { deletedId deletedTypename organization { id } userErrors { code } } }',
    )
    const none = { deletedId: null, deletedTypename: null, organization: null }
    expect(deleteToken).toEqual({ ...none, userErrors: [{ code: 'NOT_FOUND' }] })
  })
})

describe('objects without an id in the database', () => {
  it('have ids: the viewer by caller, memberships by organization or group', async () => {
    const { client } = await postern.signUp('grace')
    await addMember(postern, organizationId, client, 'MEMBER')
    const { viewer, organization } = await ask(
      client,
      '{ viewer { id isAdministrator user { id } } organization(name: "acme") { members { nodes { id user { username } } } } }',
    )
    expect(viewer).toMatchObject({ id: Reflect.get(viewer ?? {}, 'user').id, isAdministrator: false })
    const members = Reflect.get(organization ?? {}, 'members').nodes as Array<{ id: string }>
    expect(new Set(members.map(({ id }) => id)).size).toBe(2)
    const administrator = await postern.signInAsAdministrator()
    expect((await ask(administrator, '{ viewer { isAdministrator } }')).viewer).toEqual({ isAdministrator: true })
  })

  it('of a token that calls is that of the token', async () => {
    const { id, secret } = await generateToken(owner.client, { organization: 'acme' })
    const { viewer } = await ask(postern.client(secret), '{ viewer { id isAdministrator accessToken { id } } }')
    expect(viewer).toEqual({ id, isAdministrator: false, accessToken: { id } })
  })
})

describe('nodes', () => {
  it('are in the order of the ids, and null where the caller cannot see them', async () => {
    const { id } = await generateToken(owner.client, { organization: 'acme' })
    const ids = JSON.stringify([id, 'tok_01ARZ3NDEKTSV4RRFFQ69G5FAV', organizationId, 'nonsense'])
    const { nodes } = await ask(owner.client, `{ nodes(ids: ${ids}) { id } }`)
    expect(nodes).toEqual([{ id }, null, { id: organizationId }, null])
    const stranger = (await postern.signUp('stranger')).client
    expect((await ask(stranger, `{ nodes(ids: ${ids}) { id } }`)).nodes).toEqual(Array(4).fill(null))
  })

  it('are at most 100, and only of kinds that are looked up together', async () => {
    const wrong = [Array(101).fill(organizationId), ['whk_01ARZ3NDEKTSV4RRFFQ69G5FAV']]
    for (const ids of wrong) {
      const { body } = await owner.client.send({ query: `{ nodes(ids: ${JSON.stringify(ids)}) { id } }` })
      expect(body.errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})
