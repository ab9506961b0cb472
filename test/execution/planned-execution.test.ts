import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

describe('a generated query', () => {
  // `npm run test:abuse` compares 100,000.
  it('a generated query has the same response by plan and from graphql-js, with errors in the same order', async () => {
    const seed = Date.now() % 1_000_000
    const script = join(import.meta.dirname, 'main.ts')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, '--seed', String(seed), '--count', '1000'],
      {
        maxBuffer: 2 ** 28,
      },
    )
    const { operations, executions, withErrors, differences } = JSON.parse(stdout)
    expect({ seed, operations, differences }).toEqual({ seed, operations: 1000, differences: [] })
    expect(executions).toBeGreaterThan(3000)
    expect(withErrors).toBeGreaterThan(1000)
  })
})

describe('a document that is sent three times', () => {
  let postern: Postern
  let owner: Client
  beforeAll(async () => {
    postern = await startPostern()
    owner = await postern.signInAsAdministrator()
    await createOrganization(owner, 'acme')
    await createRepository(owner, 'acme/api', 'PUBLIC')
  })
  afterAll(() => postern.stop())

  const thrice = async (client: Client, query: string, variables: object = {}) => {
    const bodies: unknown[] = []
    for (let time = 0; time < 3; time++) bodies.push((await client.send({ query, variables })).body)
    return bodies
  }

  it('changes only the fields whose variables have a value', async () => {
    const { id } = await generateToken(owner, { description: 'of the pipeline', pullLimit: 20 })
    const query = `mutation ($id: ID!, $label: String, $description: String, $pullLimit: Int) {
      updateToken(id: $id, input: { label: $label, description: $description, pullLimit: $pullLimit }) {
        accessToken { label description usageLimit { limit } } userErrors { message }
      }
    }`
    const accessToken = { label: 'renamed', description: 'of the pipeline', usageLimit: { limit: 20 } }
    const once = { data: { updateToken: { accessToken, userErrors: [] } } }
    expect(await thrice(owner, query, { id, label: 'renamed' })).toEqual([once, once, once])
  })

  it('keeps the limit on token lifetimes when its variable has no value', async () => {
    const set = `mutation ($days: Int, $reactivation: Boolean) {
      updateOrganizationPolicy(organization: "acme", input: { maxTokenLifetimeDays: $days, allowTokenReactivation: $reactivation }) {
        organization { policy { maxTokenLifetimeDays allowTokenReactivation } } userErrors { message }
      }
    }`
    await owner.send({ query: set, variables: { days: 90 } })
    const policy = { maxTokenLifetimeDays: 90, allowTokenReactivation: true }
    const once = { data: { updateOrganizationPolicy: { organization: { policy }, userErrors: [] } } }
    expect(await thrice(owner, set, { reactivation: true })).toEqual([once, once, once])
  })

  it('generates personal tokens for the named repositories only', async () => {
    const query = `mutation ($path: String!, $label: String!) {
      generatePersonalToken(input: { label: $label, access: READ, repositories: [$path] }) {
        accessToken { scopes { path } } userErrors { message }
      }
    }`
    const bodies = await thrice(owner, query, { path: 'acme/api', label: 'narrow' })
    const paths = JSON.stringify(bodies).match(/"path":"[^"]*"/g)
    expect(paths).toEqual(Array(3).fill('"path":"acme/api"'))
  })

  it('applies the defaults of input fields and variables', async () => {
    const query = `mutation ($name: String!, $visibility: RepositoryVisibility) {
      createRepository(input: { name: $name, visibility: $visibility }) { repository { visibility } userErrors { code } }
    }`
    const seen: unknown[] = []
    for (const name of ['acme/one', 'acme/two', 'acme/three'])
      seen.push((await owner.send({ query, variables: { name } })).body)
    const once = { data: { createRepository: { repository: { visibility: 'PRIVATE' }, userErrors: [] } } }
    expect(seen).toEqual([once, once, once])

    const report = `query ($from: DateTime! = "2026-01-01T00:00:00Z", $to: DateTime! = "2026-02-01T00:00:00Z") {
      organization(name: "acme") { usageReport(from: $from, to: $to, groupBy: [DAY]) { day } }
    }`
    expect(await thrice(owner, report)).toEqual(Array(3).fill({ data: { organization: { usageReport: [] } } }))
  })

  it('has the fields of a fragment that is spread both under a condition and without one', async () => {
    const query = `query ($no: Boolean!) { organization(name: "acme") { ...Named @include(if: $no) ...Named } }
      fragment Named on Organization { name }`
    expect(await thrice(owner, query, { no: false })).toEqual(
      Array(3).fill({ data: { organization: { name: 'acme' } } }),
    )
  })

  it('executes nothing inside of a string', async () => {
    // graphql-jit inserted such strings into the code that it compiled.
    const text = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(globalThis.compromised = true, 0)'
    const query = `{ repository(name: ${JSON.stringify(text)}) { id } }`
    expect(await thrice(postern.client(), query)).toEqual(Array(3).fill({ data: { repository: null } }))
    expect(Reflect.get(globalThis, 'compromised')).toBeUndefined()
  })

  it('a document that is sent three times can use every name as an alias', async () => {
    const query = '{ __proto__: repository(name: "acme/api") { constructor: name toString: visibility } }'
    const { headers: _, ...response } = await postern.client().send({ query })
    expect(JSON.stringify(response.body)).toBe('{"data":{"__proto__":{"constructor":"acme/api","toString":"PUBLIC"}}}')
  })
})
