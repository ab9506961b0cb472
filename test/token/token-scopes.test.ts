import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  GenerateOrganizationTokenDocument,
  type Permission,
  type ScopeInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf, tryToGenerate } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let owner: Client
let tokenId: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const acme = await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/api')
  await createRepository(owner, 'acme/web/app', 'PUBLIC')
  const em = postern.em()
  for (let created = 1; created <= 51; created++)
    em.create(Repository, {
      id: newId('rep', new Date()),
      namespace: acme,
      path: `many/r${created}`,
      description: null,
      visibility: 'PRIVATE',
      createdAt: new Date(),
    })
  await em.flush()
  // Repositories of another organization and of a person, which the owner of acme cannot see, except the public one.
  const ada = await postern.signUp('ada')
  await createOrganization(ada.client, 'globex', 'FREE')
  await createRepository(ada.client, 'globex/api')
  await createRepository(ada.client, 'globex/site', 'PUBLIC')
  await createRepository(ada.client, 'ada/own')
  tokenId = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

function on(path: string, ...permissions: Permission[]): ScopeInput {
  return { resource: 'REPOSITORY', path, permissions: permissions.length > 0 ? permissions : ['IMAGE_PULL'] }
}

function onOrganization(path: string, ...permissions: Permission[]): ScopeInput {
  return { resource: 'ORGANIZATION', path, permissions: permissions.length > 0 ? permissions : ['MEMBER_READ'] }
}

function many(count: number): ScopeInput[] {
  return Array.from({ length: count }, (_, index) => on(`acme/many/r${index + 1}`))
}

/**
 * The errors of these scopes, which must be the same for a new token and for an existing one. Also checks that nothing
 * is written.
 */
async function faultsOfScopes(scopes: ScopeInput[]): Promise<string[]> {
  const before = await databaseDigest(postern)
  const faults = faultsOf(await tryToGenerate(owner, { scopes }))
  const { updateToken } = await owner.execute(UpdateTokenDocument, { id: tokenId, input: { label: 'new', scopes } })
  expect(faultsOf(updateToken)).toEqual(faults)
  expect(updateToken.accessToken).toBeNull()
  expect(await databaseDigest(postern)).toBe(before)
  return faults.map((fault) => fault.replace('input.scopes', 'at'))
}

describe('scopes', () => {
  it.each([
    ['every repository', [on('acme/*', 'IMAGE_DELETE', 'REPOSITORY_ADMIN')]],
    ['public repositories', [on('*/*/public', 'IMAGE_PULL')]],
    ['a named repository', [on('acme/api', 'IMAGE_PUSH')]],
    ['a named repository below a folder', [on('acme/web/app', 'REPOSITORY_READ')]],
    ['the organization', [onOrganization('acme', 'MEMBER_EDIT', 'REPOSITORY_CREATE')]],
    ['50 named repositories', many(50)],
    [
      '50 named repositories and one scope of each other kind',
      [on('acme/*'), ...many(50), on('*/*/public'), onOrganization('acme')],
    ],
    ['permissions in any order', [on('acme/api', 'REPOSITORY_EDIT', 'IMAGE_DELETE', 'IMAGE_PULL')]],
    ['permissions with one that another includes', [onOrganization('acme', 'GROUP_EDIT', 'GROUP_READ')]],
  ] as const)(
    'scopes can be %s; they are returned as they were written, and can be written again',
    async (_, given) => {
      const scopes = given.map((scope) => ({ ...scope, permissions: [...scope.permissions] }))
      const { id } = await generateToken(owner, { scopes })
      const read = await owner.execute(AccessTokenDocument, { id })
      expect(read.accessToken?.scopes).toEqual(scopes)
      const rows = (await contentsOf(postern.em())).access_token_scope

      const { updateToken } = await owner.execute(UpdateTokenDocument, {
        id,
        input: { scopes: read.accessToken?.scopes ?? [] },
      })
      expect(updateToken).toMatchObject({ accessToken: { scopes }, userErrors: [] })
      expect((await owner.execute(AccessTokenDocument, { id })).accessToken?.scopes).toEqual(scopes)
      expect((await contentsOf(postern.em())).access_token_scope).toEqual(rows)
    },
  )

  it('store a repeated permission once', async () => {
    const { id } = await generateToken(owner, { scopes: [on('acme/api', 'IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_PULL')] })
    const { accessToken } = await owner.execute(AccessTokenDocument, { id })
    expect(accessToken?.scopes).toEqual([on('acme/api', 'IMAGE_PULL', 'IMAGE_PUSH')])
  })

  it('scopes are at least one', async () => {
    expect(await faultsOfScopes([])).toEqual(['INVALID at'])
  })

  it('scopes are INVALID with a 51st named repository', async () => {
    expect(await faultsOfScopes(many(51))).toEqual(['INVALID at'])
    expect(await faultsOfScopes([on('acme/*'), ...many(51)])).toEqual(['INVALID at'])
  })

  it('scopes are INVALID with one message for a list of any length', async () => {
    expect(await faultsOfScopes(Array.from({ length: 300 }, () => on('acme/api')))).toEqual(['INVALID at'])
  })

  it('name a repository once', async () => {
    expect(await faultsOfScopes([on('acme/api'), on('acme/*'), on('acme/api', 'IMAGE_PUSH')])).toEqual([
      'INVALID at.2.path',
    ])
    expect(await faultsOfScopes([onOrganization('acme'), onOrganization('acme', 'ACTIVITY_READ')])).toEqual([
      'INVALID at.1.path',
    ])
  })
})

describe('the path of a scope', () => {
  it.each([
    '',
    ' ',
    '*',
    '*/*',
    '*/public',
    '*/*/private',
    'acme',
    'acme/',
    '/api',
    'acme/**',
    'acme/*/public',
    'acme/a*',
    'acme/API',
    'ACME/*',
    'acme/api ',
    'acme/api:1.0',
    'acme/../globex/api',
    'acme//api',
    'globex/*',
    'nobody/*',
    'acme/a\u0000',
    `acme/${'a'.repeat(251)}`,
  ])('the path of a scope is INVALID when it is %j', async (path) => {
    expect(await faultsOfScopes([on('acme/api'), on(path)])).toEqual(['INVALID at.1.path'])
  })

  it.each(['', 'acme/*', 'acme/api', '*/*/public', 'ACME', 'globex', 'nobody', 'acme\u0000'])(
    'the path of a scope is INVALID for the organization when it is %j',
    async (path) => {
      expect(await faultsOfScopes([onOrganization(path)])).toEqual(['INVALID at.0.path'])
    },
  )

  it.each([
    'acme/missing',
    'globex/api',
    'globex/site',
    'globex/missing',
    'ada/own',
    'nobody/api',
    'registry.example.com/acme/api',
  ])('the path of a scope is NOT_FOUND if it names %s, which the organization does not have', async (path) => {
    expect(await faultsOfScopes([on('acme/api'), on(path)])).toEqual(['NOT_FOUND at.1.path'])
  })

  it("a path of another organization's repository gets the response of a missing one", async () => {
    const responseTo = async (path: string) => JSON.stringify(await tryToGenerate(owner, { scopes: [on(path)] }))
    const missing = await responseTo('globex/missing')
    expect((await responseTo('globex/api')).replaceAll('globex/api', 'globex/missing')).toBe(missing)
    expect((await responseTo('globex/site')).replaceAll('globex/site', 'globex/missing')).toBe(missing)
    expect((await responseTo('nobody/missing')).replaceAll('nobody', 'globex')).toBe(missing)
  })
})

describe('the permissions of a scope', () => {
  it('the permissions of a scope are at least one', async () => {
    const nothing: ScopeInput = { resource: 'REPOSITORY', path: 'acme/api', permissions: [] }
    expect(await faultsOfScopes([on('acme/*'), nothing])).toEqual(['INVALID at.1.permissions'])
  })

  it.each([
    ['of the organization on a repository', on('acme/api', 'IMAGE_PULL', 'MEMBER_READ'), 'permissions.1'],
    ['of the organization on every repository', on('acme/*', 'REPOSITORY_CREATE'), 'permissions.0'],
    ['of the organization on public repositories', on('*/*/public', 'REPORT_READ'), 'permissions.0'],
    ['of repositories on the organization', onOrganization('acme', 'MEMBER_READ', 'REPOSITORY_READ'), 'permissions.1'],
    ['to push to public repositories', on('*/*/public', 'IMAGE_PULL', 'IMAGE_PUSH'), 'permissions.1'],
    ['to delete from public repositories', on('*/*/public', 'IMAGE_DELETE'), 'permissions.0'],
    ['to read about public repositories', on('*/*/public', 'REPOSITORY_READ'), 'permissions.0'],
  ])('the permissions of a scope are SCOPE_NOT_ALLOWED %s', async (_, scope, place) => {
    expect(await faultsOfScopes([on('acme/web/app'), scope])).toEqual([`SCOPE_NOT_ALLOWED at.1.${place}`])
  })

  it('the permissions of a scope are known ones', async () => {
    const { body } = await owner.send({
      query:
        'mutation { generateOrganizationToken(input: { organization: "acme", label: "x", scopes: [{ resource: REPOSITORY, path: "acme/*", permissions: [IMAGE_BURN] }] }) { secret } }',
    })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
    const input = { organization: 'acme', label: 'x', scopes: [{ ...on('acme/*'), permissions: ['IMAGE_BURN'] }] }
    expect(await owner.codesOf(GenerateOrganizationTokenDocument, { input } as never)).toEqual(['BAD_USER_INPUT'])
    expect(await postern.em().count(AccessToken, { label: 'x' })).toBe(0)
  })
})

it('reports all errors of several scopes together, each with its path', async () => {
  const scopes: ScopeInput[] = [
    on('acme/api'),
    on('ACME/*'),
    on('acme/missing'),
    on('*/*/public', 'IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE'),
    onOrganization('globex', 'IMAGE_PULL'),
    on('globex/api', 'ACTIVITY_READ'),
    on('acme/api'),
    { resource: 'ORGANIZATION', path: 'acme', permissions: [] },
  ]
  expect((await faultsOfScopes(scopes)).toSorted()).toEqual([
    'INVALID at.1.path',
    'INVALID at.4.path',
    'INVALID at.6.path',
    'INVALID at.7.permissions',
    'NOT_FOUND at.2.path',
    'NOT_FOUND at.5.path',
    'SCOPE_NOT_ALLOWED at.3.permissions.1',
    'SCOPE_NOT_ALLOWED at.3.permissions.2',
    'SCOPE_NOT_ALLOWED at.5.permissions.0',
  ])
})
