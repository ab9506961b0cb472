import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AvailablePermissionsDocument,
  type Permission,
  RepositoryDocument,
  type ScopeInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf, grantedActions } from './arrange.ts'

let postern: Postern
let owner: Client
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/api')
  await createRepository(owner, 'acme/site', 'PUBLIC')
  await createOrganization(owner, 'globex')
  await createRepository(owner, 'globex/site', 'PUBLIC')
  token = await generateToken(owner)
})
afterAll(() => postern.stop())

async function setScopes(...scopes: ScopeInput[]): Promise<string[]> {
  const { updateToken } = await owner.execute(UpdateTokenDocument, { id: token.id, input: { scopes } })
  return faultsOf(updateToken)
}

async function catalogue() {
  return (await postern.client().execute(AvailablePermissionsDocument, {})).availablePermissions
}

/** The values of the enum in the schema. */
async function permissionsOfSchema(): Promise<string[]> {
  const { body } = await owner.send({ query: '{ __type(name: "Permission") { enumValues { name } } }' })
  const type = body.data?.__type as { enumValues: ReadonlyArray<{ name: string }> } | undefined
  return (type?.enumValues ?? []).map(({ name }) => name)
}

describe('availablePermissions', () => {
  it('lists each permission of the schema once, with a description', async () => {
    const definitions = await catalogue()
    expect(definitions.map(({ permission }) => permission).toSorted()).toEqual((await permissionsOfSchema()).toSorted())
    expect(new Set(definitions.map(({ title }) => title)).size).toBe(definitions.length)
    for (const { description } of definitions) expect(description).toMatch(/^[A-Z].+\.$/)
  })

  it('availablePermissions is consistent with scopes: each permission is allowed on its resource only', async () => {
    const definitions = await catalogue()
    const path = { REPOSITORY: 'acme/api', ORGANIZATION: 'acme' }
    const accepted: string[] = []
    for (const { permission } of definitions)
      for (const resource of ['REPOSITORY', 'ORGANIZATION'] as const) {
        const faults = await setScopes({ resource, path: path[resource], permissions: [permission] })
        if (faults.length === 0) accepted.push(`${resource} ${permission}`)
        else expect(faults).toEqual(['SCOPE_NOT_ALLOWED input.scopes.0.permissions.0'])
      }
    expect(accepted).toEqual(definitions.map(({ resource, permission }) => `${resource} ${permission}`))
  })

  it('lists the permissions that each one includes, transitively', async () => {
    const includes = new Map((await catalogue()).map((each) => [each.permission, each.includes]))
    for (const [permission, included] of includes) {
      expect(included).not.toContain(permission)
      for (const each of included) expect(included).toEqual(expect.arrayContaining(includes.get(each) ?? []))
    }
    expect(includes.get('IMAGE_DELETE')?.toSorted()).toEqual(['IMAGE_PULL', 'IMAGE_PUSH'])
    expect(includes.get('REPOSITORY_ADMIN')?.toSorted()).toEqual(['REPOSITORY_EDIT', 'REPOSITORY_READ'])
    expect(includes.get('MEMBER_EDIT')).toEqual(['MEMBER_READ'])
    expect(includes.get('REPOSITORY_READ')).toEqual([])
  })

  it('availablePermissions is public', async () => {
    expect(await catalogue()).toEqual(
      (await postern.client(token.secret).execute(AvailablePermissionsDocument, {})).availablePermissions,
    )
  })
})

describe('a permission', () => {
  it('allows on a repository itself and what it includes, and no more', async () => {
    const definitions = (await catalogue()).filter(({ resource }) => resource === 'REPOSITORY')
    expect(definitions).toHaveLength(6)
    for (const path of ['acme/api', 'acme/*'])
      for (const { permission, includes } of definitions) {
        expect(await setScopes({ resource: 'REPOSITORY', path, permissions: [permission] })).toEqual([])
        const { repository } = await postern.client(token.secret).execute(RepositoryDocument, { name: 'acme/api' })
        expect(repository?.viewerPermissions.toSorted()).toEqual([permission, ...includes].toSorted())
      }
  })

  it.each<[Permission[], string[]]>([
    [['IMAGE_PULL'], ['pull']],
    [['IMAGE_PUSH'], ['pull', 'push']],
    [['IMAGE_DELETE'], ['pull', 'push', 'delete']],
    [['REPOSITORY_ADMIN'], []],
    [['REPOSITORY_READ', 'IMAGE_PULL'], ['pull']],
  ])('a token with %j is granted %j by the token endpoint', async (permissions, actions) => {
    await setScopes({ resource: 'REPOSITORY', path: 'acme/api', permissions })
    const credentials = { username: 'acme', secret: token.secret }
    expect(await grantedActions(postern.url, credentials, 'acme/api')).toEqual({ status: 200, actions })
    expect(await grantedActions(postern.url, credentials, 'acme/site')).toEqual({ status: 200, actions: [] })
  })

  it('a token for public repositories pulls from those of every namespace, and from no private one', async () => {
    await setScopes({ resource: 'REPOSITORY', path: '*/*/public', permissions: ['IMAGE_PULL'] })
    const credentials = { username: 'acme', secret: token.secret }
    expect((await grantedActions(postern.url, credentials, 'globex/site')).actions).toEqual(['pull'])
    expect((await grantedActions(postern.url, credentials, 'acme/site')).actions).toEqual(['pull'])
    expect((await grantedActions(postern.url, credentials, 'acme/api')).actions).toEqual([])
  })

  it('a permission on the organization grants no access to repositories', async () => {
    await setScopes({ resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_LIST', 'REPOSITORY_CREATE'] })
    const credentials = { username: 'acme', secret: token.secret }
    expect((await grantedActions(postern.url, credentials, 'acme/api')).actions).toEqual([])
    const { repository } = await postern.client(token.secret).execute(RepositoryDocument, { name: 'acme/api' })
    expect(repository?.viewerPermissions).toEqual([])
  })
})
