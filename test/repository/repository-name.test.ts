import { get } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CreateRepositoryDocument, RepositoryDocument } from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { describeWithClients, type Registry, startRegistry } from '../harness/registry.ts'

const longest = `acme/${'x'.repeat(250)}`

/** Names, and whether registries allow them. */
const grammar: ReadonlyArray<readonly [string, boolean]> = [
  ['acme/a', true],
  ['acme/0', true],
  ['acme/api', true],
  ['acme/api/v2', true],
  ['acme/a/b/c/d/e/f/g/h', true],
  ['acme/api.v2', true],
  ['acme/api_v2', true],
  ['acme/api__v2', true],
  ['acme/api-v2', true],
  ['acme/api---v2', true],
  ['acme/a.b_c__d-e--f', true],
  ['acme/a.b/c_d', true],
  ['acme/Api', false],
  ['acme/', false],
  ['acme//api', false],
  ['acme/api/', false],
  ['/acme/api', false],
  ['acme/.api', false],
  ['acme/api.', false],
  ['acme/-api', false],
  ['acme/api-', false],
  ['acme/_api', false],
  ['acme/api_', false],
  ['acme/api..v2', false],
  ['acme/api___v2', false],
  ['acme/api._v2', false],
  ['acme/api-.v2', false],
  ['acme/api/.v2', false],
  ['acme/api-/v2', false],
  ['acme/api:1.0', false],
  ['acme/api@sha256', false],
  ['acme/a b', false],
  ['acme/ápi', false],
  ['acme/арі', false],
  ['acme/api\n', false],
  ['acme/*', false],
  ['acme/../globex', false],
  ['acme/..', false],
  ['acme/%61pi', false],
]

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  await createOwnedOrganization(postern, owner, 'acme')
})
afterAll(() => postern.stop())

describe('the name of a repository', () => {
  async function isAllowed(name: string): Promise<boolean> {
    const before = await databaseDigest(postern)
    const { createRepository } = await owner.execute(CreateRepositoryDocument, { input: { name } })
    if (createRepository.userErrors.length === 0) return true
    expect(createRepository.userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'name'] }])
    expect(await databaseDigest(postern)).toBe(before)
    return false
  }

  it.each(grammar)('the name of a repository can be %j: %s', async (name, isGood) => {
    expect(await isAllowed(name)).toBe(isGood)
    const { repository } = await owner.execute(RepositoryDocument, { name })
    expect(repository?.name ?? null).toBe(isGood ? name : null)
  })

  it.each([
    ['255 characters', true, longest],
    ['256 characters', false, `${longest}x`],
    ['64 KiB', false, `acme/${'x/'.repeat(32_768)}x`],
    ['no namespace', false, 'api'],
    ['nothing', false, ''],
    ['a namespace of one letter', false, 'a/api'],
    ['a null character', false, 'acme/a\u0000i'],
    ['the host of a registry as a prefix', false, 'registry.example.org:5000/acme/api'],
  ])('the name of a repository can have %s: %s', async (_, isGood, name) => {
    expect(await isAllowed(name)).toBe(isGood)
  })

  it('the name of a repository is not a pattern: a star or a percent sign finds nothing', async () => {
    await isAllowed('acme/found')
    for (const name of ['acme/*', 'acme/%', 'acme/foun_', '%/found', 'ACME/found', 'acme/found ', ' acme/found'])
      expect([name, (await owner.execute(RepositoryDocument, { name })).repository]).toEqual([name, null])
  })
})

describeWithClients('a real registry', () => {
  let registry: Registry

  beforeAll(async () => {
    const rootCertBundle = await (await fetch(`${postern.url}/registry/root.crt`)).text()
    registry = await startRegistry({
      realm: `${postern.url}/token`,
      service: 'registry',
      issuer: 'postern',
      rootCertBundle,
    })
  })
  afterAll(() => registry?.stop())

  // The registry requests a token if the name is valid. Otherwise, it returns 404, or redirects to another name.
  it.each(grammar)('a registry allows %j like Postern: %s', async (name, isGood) => {
    expect(isGood ? [401] : [301, 404]).toContain(await statusOf(registry.host, name))
  })
})

function statusOf(host: string, name: string): Promise<number | undefined> {
  const path = `/v2/${name.replace(/[^\w./:@*-]/gu, (character) => encodeURIComponent(character))}/tags/list`
  return new Promise((resolve, reject) => {
    get(`https://${host}`, { path, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}
