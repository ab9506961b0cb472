import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, insertTokens } from '../token/arrange.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  const acme = await createOwnedOrganization(postern, owner, 'acme', 'TEAM')
  const expiresAt = (year: number) => new Date(Date.UTC(year, 0, 1))
  await insertTokens(postern.em(), acme, [
    { label: 'beta', expiresAt: expiresAt(2999) },
    { label: 'Alpha' },
    { label: 'gamma/ü', expiresAt: expiresAt(2998) },
    { label: 'alpha', expiresAt: expiresAt(2999) },
    { label: 'delta' },
  ])
  for (const path of ['a', 'b', 'c', 'd']) await createRepository(owner, `acme/${path}`)
  for (const [index, username] of ['zoe', 'mia', 'bob'].entries()) {
    await postern.signUp(username)
    await addMember(postern.em(), acme, username, 'MEMBER')
    await execute(
      url(),
      `update membership set joined_at = now() + interval '${index + 1} hours'
      where user_id = (select id from user_account where username = '${username}')`,
    )
  }
  await execute(
    url(),
    `insert into access_token_last_use (namespace_id, token_id, at)
      select namespace_id, id, timestamptz '2026-01-01 00:00:00.123+00' from access_token where label in ('beta', 'delta');
    insert into access_token_last_use (namespace_id, token_id, at)
      select namespace_id, id, '2026-02-01' from access_token where label = 'alpha';
    insert into repository_tag (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_name)
      select namespace_id, id, tag, 'sha256:0', 'x', at, 'SYSTEM', 'system' from repository
      join (values ('c', '1', timestamptz '2026-03-01'), ('c', '2', '2026-01-01'), ('a', '1', '2026-02-01')) t (p, tag, at)
        on p = path`,
  )
})
afterAll(() => postern.stop())

function url(): string {
  return postern.config.databaseUrl ?? ''
}

const nameOf: Readonly<Record<string, string>> = {
  accessTokens: 'label',
  repositories: 'name',
  members: 'user { username }',
}

interface List {
  readonly nodes: readonly unknown[]
  readonly pageInfo: Readonly<Record<string, string>>
}

async function list(field: string, args: string): Promise<List> {
  const { body } = await owner.send({
    query: `{ organization(name: "acme") { list: ${field}(${args}) {
      nodes { ${nameOf[field]} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
  })
  expect(body.errors).toBeUndefined()
  return Reflect.get(body.data?.organization ?? {}, 'list')
}

function namesIn({ nodes }: List): string[] {
  return nodes.map((node) => [...JSON.stringify(node).matchAll(/:"([^"]+)"/g)].map(([, text]) => text).join())
}

const orders: Array<[field: string, order: string, direction: string, names: string[]]> = [
  ['accessTokens', 'CREATED_AT', 'ASC', ['beta', 'Alpha', 'gamma/ü', 'alpha', 'delta']],
  ['accessTokens', 'CREATED_AT', 'DESC', ['delta', 'alpha', 'gamma/ü', 'Alpha', 'beta']],
  ['accessTokens', 'LABEL', 'ASC', ['Alpha', 'alpha', 'beta', 'delta', 'gamma/ü']],
  ['accessTokens', 'LABEL', 'DESC', ['gamma/ü', 'delta', 'beta', 'alpha', 'Alpha']],
  ['accessTokens', 'LAST_USED_AT', 'ASC', ['Alpha', 'gamma/ü', 'beta', 'delta', 'alpha']],
  ['accessTokens', 'LAST_USED_AT', 'DESC', ['alpha', 'delta', 'beta', 'gamma/ü', 'Alpha']],
  ['accessTokens', 'EXPIRES_AT', 'ASC', ['gamma/ü', 'beta', 'alpha', 'Alpha', 'delta']],
  ['accessTokens', 'EXPIRES_AT', 'DESC', ['delta', 'Alpha', 'alpha', 'beta', 'gamma/ü']],
  ['repositories', 'NAME', 'ASC', ['acme/a', 'acme/b', 'acme/c', 'acme/d']],
  ['repositories', 'NAME', 'DESC', ['acme/d', 'acme/c', 'acme/b', 'acme/a']],
  ['repositories', 'PUSHED_AT', 'ASC', ['acme/b', 'acme/d', 'acme/a', 'acme/c']],
  ['repositories', 'PUSHED_AT', 'DESC', ['acme/c', 'acme/a', 'acme/d', 'acme/b']],
  ['members', 'USERNAME', 'ASC', ['ada', 'bob', 'mia', 'zoe']],
  ['members', 'USERNAME', 'DESC', ['zoe', 'mia', 'bob', 'ada']],
  ['members', 'JOINED_AT', 'ASC', ['ada', 'zoe', 'mia', 'bob']],
  ['members', 'JOINED_AT', 'DESC', ['bob', 'mia', 'zoe', 'ada']],
]

describe('the order of a list', () => {
  it.each(orders)(
    'is that of the items on each page, forward and backward: %s by %s %s',
    async (field, order, direction, names) => {
      const orderBy = `orderBy: { field: ${order}, direction: ${direction} }`
      expect(namesIn(await list(field, orderBy))).toEqual(names)
      const forward: string[] = []
      const backward: string[] = []
      let [after, before] = ['', '']
      for (const _ of names) {
        const next = await list(field, `first: 1 ${after} ${orderBy}`)
        forward.push(...namesIn(next))
        after = `after: "${next.pageInfo.endCursor}"`
        const previous = await list(field, `last: 1 ${before} ${orderBy}`)
        backward.unshift(...namesIn(previous))
        before = `before: "${previous.pageInfo.startCursor}"`
      }
      expect(forward).toEqual(names)
      expect(backward).toEqual(names)
      expect((await list(field, `first: 1 ${after} ${orderBy}`)).nodes).toEqual([])
    },
  )

  it('rejects the cursors of every other order and direction, and invented ones', async () => {
    const cursors: Array<[field: string, cursor: string, orderBy: string]> = []
    for (const [field, order, direction] of orders) {
      const orderBy = `orderBy: { field: ${order}, direction: ${direction} }`
      cursors.push([field, (await list(field, `first: 1 ${orderBy}`)).pageInfo.endCursor ?? '', orderBy])
    }
    const token = 'tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM'
    for (const key of [
      'EXPIRES_AT.ASC/',
      `EXPIRES_AT.ASC/${token}`,
      `EXPIRES_AT.ASC/${token}/soon`,
      `EXPIRES_AT.ASC/${token}/2026-02-30T00:00:00.000Z`,
      `EXPIRES_AT.ASC/usr_1/2026-02-20T00:00:00.000Z`,
      `LABEL.ASC/${token}/\u0000`,
      `LABEL.ASC/${'x'.repeat(900)}/`,
    ])
      cursors.push(['accessTokens', Buffer.from(key).toString('base64url'), ''])
    const accepted: unknown[] = []
    for (const [field, cursor, itsOrder] of cursors)
      for (const [other, order, direction] of orders) {
        const orderBy = `orderBy: { field: ${order}, direction: ${direction} }`
        if (other === field && orderBy === itsOrder) continue
        const query = `{ organization(name: "acme") { ${other}(after: "${cursor}" ${orderBy}) { totalCount } } }`
        const { body } = await owner.send({ query })
        if (body.errors === undefined) accepted.push([field, itsOrder, other, orderBy])
        else
          expect(body.errors).toMatchObject([
            {
              extensions: { code: 'BAD_USER_INPUT' },
              message: expect.stringContaining('of this list in the same order'),
            },
          ])
      }
    // The paths of repositories can look like usernames.
    expect(accepted.filter((each) => Array.isArray(each) && each[0] === each[2])).toEqual([])
  })
})
