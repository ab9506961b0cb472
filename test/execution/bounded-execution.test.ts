import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
let acmeId: string
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acmeId = await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const heapMb = () => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1e6
}

describe('plans of queries', () => {
  // Each plan has 700 fields, because its fragments are spread 84 times.
  const large = (comment: number) => `query($name: String = "PageInfo", $a: Boolean!, $b: Boolean!, $c: Boolean!) {
      ${aliases(12, '__type(name: $name) { ...T }')}
    }
    fragment T on __Type { kind @skip(if: $a) name @skip(if: $b) ${aliases(6, 'fields { ...F }')} description @skip(if: $c) }
    fragment F on __Field { name description isDeprecated type { kind name ofType { name } } args { name } } #${comment}`
  const send = async (document: number, conditions: number) => {
    const variables = { a: (conditions & 1) > 0, b: (conditions & 2) > 0, c: (conditions & 4) > 0 }
    const { status } = await postern.client().send({ query: large(document), variables })
    expect(status).toBe(200)
  }

  it('occupy at most 40 MB, however many short documents have large ones', async () => {
    await send(0, 0)
    const before = heapMb()
    for (let document = 1; document <= 50; document++)
      for (let conditions = 0; conditions < 8; conditions++) await send(document, conditions)
    expect(heapMb() - before).toBeLessThan(40)
  }, 120_000)
})

describe('documents in long URLs', () => {
  it('do not keep all of these URLs in memory', async () => {
    const send = async (index: number) => {
      const url = `${postern.url}/graphql?query={a${index}:__typename}&ignored=${'x'.repeat(12_000)}`
      const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } })
      expect(response.status).toBe(200)
      await response.text()
    }
    for (let index = 0; index < 100; index++) await send(index)
    const before = heapMb()
    for (let index = 10_000; index < 11_500; index++) await send(index)
    // Those of the 500 documents that stay parsed have 6 MB. All have 18.
    expect(heapMb() - before).toBeLessThan(16)
  }, 60_000)
})

describe('fields with a guard', () => {
  let stranger: Client
  beforeAll(async () => {
    const { secret } = await generateToken(owner, {
      scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }],
    })
    stranger = postern.client(secret)
  })

  it('cost as much as five fields, because each object runs its guard again', async () => {
    const query = (fields: string) => `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Organization { ${fields} } } }`
    const costOf = async (fields: string) => {
      const { status, extensions } = await stranger.send({ query: query(fields), variables: { ids: [acmeId] } })
      return { status, fields: extensions.cost?.fields }
    }
    expect(await costOf(aliases(95, 'displayName'))).toEqual({ status: 200, fields: 9_501 })
    expect(await costOf(aliases(19, 'emailNotices'))).toEqual({ status: 200, fields: 9_501 })
    expect(await costOf(aliases(95, 'emailNotices'))).toEqual({ status: 400, fields: 47_501 })
  })

  /** Two organizations with as many denied fields each. */
  const denied = (fields: number) => {
    const organization = `{ name emailNotices ${aliases(fields - 1, 'emailNotices')} }`
    return `{ organization(name: "acme") ${organization} viewer { organization ${organization} } }`
  }

  it('have an error each, up to 100 in a response', async () => {
    const { body } = await stranger.send({ query: denied(50) })
    expect(new Set(body.errors?.map(({ path }) => String(path))).size).toBe(100)
    expect(body.errors).toHaveLength(100)
  })

  it('are null without an error of their own after the first 100 errors of a response', async () => {
    const { status, body } = await stranger.send({ query: denied(51) })
    const [last, ...first] = body.errors?.toReversed() ?? []
    expect({ status, first: new Set(first.map(({ extensions }) => extensions.code)), count: first.length }).toEqual({
      status: 200,
      first: new Set(['FORBIDDEN']),
      count: 100,
    })
    expect(last?.message).toMatch(/^More than 100 fields of this response failed\./)
    expect(last?.path).toBeUndefined()
    expect(body.data).toMatchObject({
      organization: { name: 'acme', a49: null },
      viewer: { organization: { name: 'acme', a49: null } },
    })
  })
})

describe('a list of ids', () => {
  it('cannot have an id twice', async () => {
    const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const { body } = await owner.send({ query, variables: { ids: [acmeId, acmeId] } })
    expect(body.errors).toMatchObject([
      { message: '`nodes` takes each id once. Remove the repeated ids.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
    const once = await owner.send({ query, variables: { ids: [acmeId] } })
    expect(once.body).toEqual({ data: { nodes: [{ id: acmeId }] } })
  })
})

describe('a mutation whose response would be too large', () => {
  beforeAll(async () => {
    await postern.em().execute(
      `insert into usage_day (namespace_id, day, repository, pulls, pushes)
       select ?, '2025-05-05', 'acme/r' || n, 1, 0 from generate_series(1, 10000) n`,
      [acmeId],
    )
  })
  const report = (columns: number) =>
    `organization { usageReport(from: "2025-05-01T00:00:00Z", to: "2025-06-01T00:00:00Z", groupBy: [REPOSITORY]) {
      ${aliases(columns, 'pulls')}
    } }`
  const rename = (name: string, selection: string) =>
    `${name}: updateOrganization(organization: "acme", input: { displayName: "${name}" }) { ${selection} }`
  const displayName = async () => {
    const { body } = await owner.send({ query: '{ organization(name: "acme") { displayName } }' })
    return body.data?.organization
  }

  it('is executed, says so, and ends the operation', async () => {
    const query = `mutation { ${rename('First', report(12))} ${rename('Second', 'organization { name }')} }`
    const { status, body } = await owner.send({ query })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        data: null,
        errors: [
          {
            message: expect.stringMatching(/^The mutation updateOrganization was executed, but its response would be/),
            locations: expect.anything(),
            path: ['First'],
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      },
    })
    expect(await displayName()).toEqual({ displayName: 'First' })
  })

  it('leaves others their share of the work', async () => {
    const query = `mutation { ${rename('First', report(4))} ${rename('Second', report(4))} }`
    const { body } = await owner.send({ query })
    expect(body.errors).toBeUndefined()
    expect(await displayName()).toEqual({ displayName: 'Second' })
  })
})
