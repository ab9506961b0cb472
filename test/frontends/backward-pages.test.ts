import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client

/** A way to each list, as the text around the field and its name. All have five items or more. */
const lists = [
  ['accessTokens of an organization', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'accessTokens'],
  ['repositories', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'repositories'],
  ['groups', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'groups'],
  ['members', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'members'],
  ['invites', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'invites'],
  ['webhooks', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'webhooks'],
  ['activity', '{ organization(name: "acme") { LIST { nodes { id } } } }', 'activity'],
  ['tags', '{ repository(name: "acme/r1") { LIST { nodes { id: name } } } }', 'tags'],
  ['accessTokens of a person', '{ viewer { user { LIST { nodes { id } } } } }', 'accessTokens'],
  ['organizations of the viewer', '{ viewer { LIST { nodes { id } } } }', 'organizations'],
  ['organizations of a company', '{ company(name: "holding") { LIST { nodes { id } } } }', 'organizations'],
  [
    'members of a group',
    '{ organization(name: "acme") { groups(first: 1) { nodes { LIST { nodes { id } } } } } }',
    'members',
  ],
  [
    'deliveries',
    '{ organization(name: "acme") { webhooks(first: 1) { nodes { LIST { nodes { id } } } } } }',
    'deliveries',
  ],
] as const

beforeAll(async () => {
  postern = await startPostern()
  const person = await postern.signUp('ada')
  owner = person.client
  const organizationId = await createOwnedOrganization(postern, owner, 'acme', 'TEAM')
  for (const name of ['b', 'c', 'd', 'e']) {
    await createOwnedOrganization(postern, owner, `acme-${name}`, 'FREE')
    await addMember(postern, organizationId, (await postern.signUp(`person-${name}`)).client, 'MEMBER')
  }
  for (let number = 1; number <= 5; number++) {
    await generateToken(owner, { organization: 'acme' })
    await createRepository(owner, `acme/r${number}`)
    const { body } = await owner.send({
      query: `mutation {
        createGroup(input: { organization: "acme", name: "group-${number}" }) { userErrors { code } }
        createWebhook(input: { organization: "acme", url: "http://127.0.0.1:9/", events: [TOKEN_EXPIRED] }) {
          userErrors { code }
        }
        inviteMembers(input: { organization: "acme", invitees: ["p${number}@example.com"] }) { userErrors { code } }
        generatePersonalToken(input: { label: "laptop", access: READ }) { userErrors { code } }
      }`,
    })
    expect(body.errors).toBeUndefined()
  }
  await execute(
    postern.config.databaseUrl ?? '',
    `insert into company (id, name, created_at) values ('com_01JD9Z3R5W8V0Q6T2YB4NCXHKM', 'holding', now());
    insert into company_owner select 'com_01JD9Z3R5W8V0Q6T2YB4NCXHKM', id from user_account where username = 'ada';
    update organization set company_id = 'com_01JD9Z3R5W8V0Q6T2YB4NCXHKM';
    insert into repository_tag
      (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_name)
      select namespace_id, id, 'v' || n, 'sha256:0', 'x', now() + n / 2 * interval '1 second', 'SYSTEM', 'system'
      from repository, generate_series(1, 5) n where path = 'r1';
    insert into group_membership select m.organization_id, g.id, m.user_id, now()
      from membership m join member_group g on g.organization_id = m.organization_id;
    insert into notice (namespace_id, id, kind, at, occasion)
      select id, 'not_01JD9Z3R5W8V0Q6T2YB4NCXHK' || n, 'TOKEN_EXPIRED', now(), 'old-' || n
      from organization, generate_series(1, 5) n where name = 'acme';
    insert into delivery (namespace_id, id, notice_id, webhook_id, status)
      select n.namespace_id, 'whd' || substr(n.id, 4), n.id, w.id, 'DELIVERED'
      from notice n join webhook w on w.namespace_id = n.namespace_id where occasion like 'old-%'
        and w.id = (select min(id) from webhook)`,
  )
})
afterAll(() => postern.stop())

interface List {
  readonly nodes: ReadonlyArray<{ readonly id: string }>
  readonly edges: ReadonlyArray<{ readonly cursor: string }>
  readonly pageInfo: Readonly<Record<'startCursor' | 'endCursor', string>> & Readonly<Record<string, boolean>>
  readonly totalCount: number
}

/** The first object with nodes that have edges: the list that was asked for. */
function listIn(value: unknown): List | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('edges' in value) return value as List
  for (const each of Object.values(value)) {
    const found = listIn(each)
    if (found !== undefined) return found
  }
  return undefined
}

async function page(way: string, name: string, args: string): Promise<List> {
  const fields = 'edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
  const query = way.replace('LIST {', `${name}(${args}) { ${fields} `)
  const { body } = await owner.send({ query })
  expect(body.errors).toBeUndefined()
  const list = listIn(body.data)
  if (list === undefined) throw new Error(`There is no list in ${JSON.stringify(body)}.`)
  return list
}

describe('a list', () => {
  it.each(lists)('has the same items backward as forward: %s', async (_, way, name) => {
    const all = await page(way, name, 'first: 100')
    expect(all.nodes.length).toBeGreaterThanOrEqual(5)
    const pages: List[] = []
    for (let before = ''; pages.length <= all.nodes.length; ) {
      const found = await page(way, name, `last: 2 ${before}`)
      pages.unshift(found)
      if (!found.pageInfo.hasPreviousPage) break
      before = `before: "${found.pageInfo.startCursor}"`
    }
    expect(pages.flatMap(({ nodes }) => nodes)).toEqual(all.nodes)
    expect(pages.flatMap(({ edges }) => edges)).toEqual(all.edges)
    expect(pages.map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual(pages.map((each) => each !== pages.at(-1)))
    expect(new Set(pages.map(({ totalCount }) => totalCount))).toEqual(new Set([all.nodes.length]))
  })

  it.each([
    'last: -1',
    'last: 101',
    'before: "dG9r"',
    'first: 5, last: 5',
    'last: 5, after: "dG9rXzAxSkQ5WjNSNVc4VjBRNlQyWUI0TkNYSEtN"',
  ])('is BAD_USER_INPUT with %s, and says what to do', async (args) => {
    const { body } = await owner.send({ query: `{ organization(name: "acme") { groups(${args}) { totalCount } } }` })
    const message = expect.stringMatching(/`(first|last)`.*\.$/)
    expect(body.errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('takes `first: null` and `after: null` beside `last`, as Relay sends them', async () => {
    const query = `{ organization(name: "acme") { LIST { nodes { id } } } }`
    expect((await page(query, 'groups', 'first: null, after: null, last: 2')).nodes).toHaveLength(2)
  })
})
