import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Person

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signUp('ada')
  await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
})
afterAll(() => postern.stop())

async function ask(client: Client, query: string) {
  const { body } = await client.send({ query })
  expect(body.errors).toBeUndefined()
  // As a frontend reads it: of no type.
  return JSON.parse(JSON.stringify(body.data))
}

const scopes = '[{ resource: REPOSITORY, path: "acme/*", permissions: [IMAGE_PULL] }]'
const url = 'http://127.0.0.1:9/'

/** A mutation that creates an object, the field of the object, and the list of the organization that it is in. */
const creations = [
  [
    `generateOrganizationToken(input: { organization: "acme", label: "ci", scopes: ${scopes} })`,
    'accessToken',
    'accessTokens',
  ],
  ['createRepository(input: { name: "acme/api" })', 'repository', 'repositories'],
  ['createGroup(input: { organization: "acme", name: "writers" })', 'group', 'groups'],
  [`createWebhook(input: { organization: "acme", url: "${url}", events: [TOKEN_EXPIRED] })`, 'webhook', 'webhooks'],
] as const

describe('the payload of a creation', () => {
  it.each(creations)('has the edge as the list has it, and the new count: %s', async (mutation, field, list) => {
    const lists = `${list} { totalCount edges { cursor node { id } } }`
    const { created } = await ask(
      owner.client,
      `mutation { created: ${mutation} { ${field} { id } edge: ${field}Edge { cursor node { id } }
        organization { id ${lists} } } }`,
    )
    const { organization } = await ask(owner.client, `{ organization(name: "acme") { id ${lists} } }`)
    expect(created.edge.node).toEqual(created[field])
    expect(organization[list].edges).toContainEqual(created.edge)
    expect(created.organization).toEqual(organization)
  })

  it('of a personal token has the person, and no organization', async () => {
    const fields = 'organization { id } user { id accessTokens { totalCount edges { cursor node { id } } } }'
    const { generatePersonalToken: created } = await ask(
      owner.client,
      `mutation { generatePersonalToken(input: { label: "laptop", access: READ }) {
        accessToken { id } accessTokenEdge { cursor node { id } } ${fields} } }`,
    )
    expect(created).toMatchObject({ organization: null, user: { accessTokens: { totalCount: 1 } } })
    expect(created.user.accessTokens.edges).toEqual([created.accessTokenEdge])
    const { deleteToken } = await ask(
      owner.client,
      `mutation { deleteToken(id: "${created.accessToken.id}") { ${fields} } }`,
    )
    expect(deleteToken).toMatchObject({
      organization: null,
      user: { id: created.user.id, accessTokens: { totalCount: 0 } },
    })
  })

  it('of invites and memberships has their edges, and a removal the id of the membership', async () => {
    const grace = await postern.signUp('grace')
    const { inviteMembers } = await ask(
      owner.client,
      `mutation { inviteMembers(input: { organization: "acme", invitees: ["grace", "nobody-there"] }) {
        organization { invites { totalCount edges { cursor node { id } } } }
        results { inviteEdge { cursor node { id } } organization { name } } } }`,
    )
    const [{ inviteEdge }, failed] = inviteMembers.results
    expect(inviteMembers.organization.invites).toEqual({ totalCount: 1, edges: [inviteEdge] })
    expect(failed).toEqual({ inviteEdge: null, organization: null })
    const members = 'organization { members { totalCount edges { cursor node { id role } } } }'
    const { acceptInvite } = await ask(
      grace.client,
      `mutation { acceptInvite(id: "${inviteEdge.node.id}") { membershipEdge { cursor node { id role } } ${members} } }`,
    )
    expect(acceptInvite.organization.members.totalCount).toBe(2)
    expect(acceptInvite.organization.members.edges).toContainEqual(acceptInvite.membershipEdge)
    const { removeMember } = await ask(
      owner.client,
      `mutation { removeMember(organization: "acme", username: "grace") { deletedId deletedTypename ${members} } }`,
    )
    expect(removeMember).toMatchObject({
      deletedId: acceptInvite.membershipEdge.node.id,
      deletedTypename: 'Membership',
      organization: { members: { totalCount: 1 } },
    })
  })

  it('of an organization has the edge and the viewer, who belongs to it', async () => {
    const { createOrganization } = await ask(
      owner.client,
      `mutation { createOrganization(input: { name: "globex" }) { organizationEdge { cursor node { name } }
        viewer { id organizations { totalCount edges { cursor node { name } } } } } }`,
    )
    expect(createOrganization.viewer.organizations.totalCount).toBe(2)
    expect(createOrganization.viewer.organizations.edges).toContainEqual(createOrganization.organizationEdge)
  })

  it('that is invalid has nothing except its errors', async () => {
    const { createGroup } = await ask(
      owner.client,
      'mutation { createGroup(input: { organization: "acme", name: "!" }) { groupEdge { cursor } organization { id } userErrors { code } } }',
    )
    expect(createGroup).toEqual({ groupEdge: null, organization: null, userErrors: [{ code: 'INVALID' }] })
  })
})

describe('parents', () => {
  it('of activity events are the organization and the repository, where the caller can see them', async () => {
    await createRepository(owner.client, 'acme/gone')
    await createRepository(owner.client, 'acme/kept')
    await ask(owner.client, 'mutation { deleteRepository(name: "acme/gone") { deletedId } }')
    const { organization } = await ask(
      owner.client,
      `{ organization(name: "acme") { activity(filter: { actions: ["repository.create", "group.create"] }) {
        nodes { target organization { name } repository { name organization { name } } } } } }`,
    )
    const acme = { name: 'acme' }
    expect(organization.activity.nodes).toEqual(
      expect.arrayContaining([
        { target: 'acme/kept', organization: acme, repository: { name: 'acme/kept', organization: acme } },
        { target: 'acme/gone', organization: acme, repository: null },
        { target: 'writers', organization: acme, repository: null },
      ]),
    )
    const reading = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['ACTIVITY_READ' as const] }]
    const { secret } = await generateToken(owner.client, { scopes: reading })
    const seen = await ask(
      postern.client(secret),
      '{ organization(name: "acme") { activity { nodes { target repository { name } } } } }',
    )
    expect(seen.organization.activity.nodes).toContainEqual({ target: 'acme/kept', repository: null })
  })

  it('of tags are the repository, and tags have ids', async () => {
    const id = await createRepository(owner.client, 'acme/tagged')
    await execute(
      postern.config.databaseUrl ?? '',
      `insert into repository_tag
        (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_name)
        select namespace_id, id, '1.0', 'sha256:0', 'x', now(), 'SYSTEM', 'system' from repository where id = '${id}'`,
    )
    const { repository } = await ask(
      owner.client,
      '{ repository(name: "acme/tagged") { tags { nodes { id name repository { id organization { name } } } } } }',
    )
    const parent = { id, organization: { name: 'acme' } }
    expect(repository.tags.nodes).toEqual([{ id: `${id}:1.0`, name: '1.0', repository: parent }])
  })
})
