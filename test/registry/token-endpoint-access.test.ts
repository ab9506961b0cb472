import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ChangeOrganizationPlanDocument,
  DeleteRepositoryDocument,
  type Permission,
  type ScopeInput,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, grantsIn } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const ada = await postern.signUp('ada')
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/app')
  await createRepository(owner, 'acme/lib')
  await createRepository(owner, 'acme/site', 'PUBLIC')
  await createRepository(owner, 'globex/core')
  await createRepository(owner, 'globex/site', 'PUBLIC')
  await createRepository(ada.client, 'ada/diary')
  await createRepository(ada.client, 'ada/site', 'PUBLIC')
})
afterAll(() => postern.stop())

const everyRepository = ['acme/app', 'acme/lib', 'acme/site', 'globex/core', 'globex/site', 'ada/diary', 'ada/site']
const unknown = ['acme/none', 'globex/none', 'nowhere/none']

const on = (path: string, ...permissions: Permission[]): ScopeInput => ({ resource: 'REPOSITORY', path, permissions })
const inOrganization = (...permissions: Permission[]): ScopeInput => ({
  resource: 'ORGANIZATION',
  path: 'acme',
  permissions,
})

/**
 * Requests the same actions on several repositories; by default all actions on all repositories, including missing
 * ones.
 */
async function grants(secret: string | null, actions: string, names = [...everyRepository, ...unknown]) {
  const scopes = names.map((name) => `repository:${name}:${actions}`)
  return grantsIn(await askForToken(postern.url, { login: secret === null ? null : acme(secret), scopes }))
}

const tokenWith = (...scopes: ScopeInput[]) => generateToken(owner, { label: 'scoped', scopes })

describe('an anonymous client', () => {
  it('an anonymous client can pull public repositories of every namespace, and nothing else', async () => {
    const open = { 'acme/site': ['pull'], 'globex/site': ['pull'], 'ada/site': ['pull'] }
    for (const actions of ['pull', 'pull,push,delete', 'delete,push,pull', '*', '*,pull'])
      expect(await grants(null, actions)).toEqual(open)
    for (const actions of ['push', 'delete', 'push,delete']) expect(await grants(null, actions)).toEqual({})
  })

  it('gets the same response for a private repository and a missing one', async () => {
    const ask = (name: string) => askForToken(postern.url, { scopes: [`repository:${name}:pull`] })
    const [hidden, missing] = [await ask('acme/app'), await ask('acme/none')]
    expect(grantsIn(hidden)).toEqual({})
    expect(grantsIn(missing)).toEqual({})
    expect([...hidden.headers.keys()]).toEqual([...missing.headers.keys()])
  })

  it('causes no counts, uses or repositories', async () => {
    const tables = ['usage_window', 'access_token_last_use', 'repository', 'activity_event']
    const rows = () => Promise.all(tables.map((table) => postern.em().execute(`select * from ${table}`)))
    const before = await rows()
    await grants(null, 'pull')
    await grants(null, 'pull,push')
    expect(await rows()).toEqual(before)
  })

  it('an anonymous client cannot list the catalogue', async () => {
    const { secret } = await tokenWith(
      on('acme/*', 'IMAGE_DELETE', 'REPOSITORY_ADMIN'),
      inOrganization('REPOSITORY_LIST'),
    )
    for (const login of [null, acme(secret)])
      for (const scope of ['registry:catalog:*', 'registry:catalog:pull', 'repository:catalog:*'])
        expect(grantsIn(await askForToken(postern.url, { login, scopes: [scope] }))).toEqual({})
  })
})

interface Case {
  readonly name: string
  readonly scopes: ScopeInput[]
  /** The grants for pull, push and delete on everything. */
  readonly held: Record<string, string[]>
}

const cases: Case[] = [
  {
    name: 'a named repository to pull gives its pull, and nothing beside it',
    scopes: [on('acme/app', 'IMAGE_PULL')],
    held: { 'acme/app': ['pull'] },
  },
  {
    name: 'pushing includes pulling',
    scopes: [on('acme/app', 'IMAGE_PUSH')],
    held: { 'acme/app': ['pull', 'push'] },
  },
  {
    name: 'deleting includes pushing and pulling',
    scopes: [on('acme/app', 'IMAGE_DELETE')],
    held: { 'acme/app': ['pull', 'push', 'delete'] },
  },
  {
    name: 'all repositories are those of the organization, public ones among them, and no other’s',
    scopes: [on('acme/*', 'IMAGE_PUSH')],
    held: { 'acme/app': ['pull', 'push'], 'acme/lib': ['pull', 'push'], 'acme/site': ['pull', 'push'] },
  },
  {
    name: 'public repositories are everyone’s, to pull alone',
    scopes: [on('*/*/public', 'IMAGE_PULL')],
    held: { 'acme/site': ['pull'], 'globex/site': ['pull'], 'ada/site': ['pull'] },
  },
  {
    name: 'several scopes add up',
    scopes: [on('acme/app', 'IMAGE_PUSH'), on('acme/*', 'IMAGE_PULL'), on('*/*/public', 'IMAGE_PULL')],
    held: {
      'acme/app': ['pull', 'push'],
      'acme/lib': ['pull'],
      'acme/site': ['pull'],
      'globex/site': ['pull'],
      'ada/site': ['pull'],
    },
  },
  {
    name: 'permissions on the organization open no image',
    scopes: [
      inOrganization(
        'REPOSITORY_CREATE',
        'REPOSITORY_LIST',
        'MEMBER_EDIT',
        'GROUP_EDIT',
        'ACTIVITY_READ',
        'REPORT_READ',
      ),
    ],
    held: {},
  },
  {
    name: 'permissions on what is written about a repository open no image',
    scopes: [on('acme/app', 'REPOSITORY_ADMIN'), on('acme/*', 'REPOSITORY_EDIT')],
    held: {},
  },
]

describe('a token', () => {
  it.each(cases)('$name', async ({ scopes, held }) => {
    const { secret } = await tokenWith(...scopes)
    expect(await grants(secret, 'pull,push,delete')).toEqual(held)
    // The star stands for the granted actions: not for others, and it is not granted itself.
    expect(await grants(secret, '*')).toEqual(held)
    for (const action of ['pull', 'push', 'delete']) {
      const named = Object.entries(held).filter(([, actions]) => actions.includes(action))
      expect(await grants(secret, action)).toEqual(Object.fromEntries(named.map(([name]) => [name, [action]])))
    }
  })

  it('a token is granted everything that it has of the requested actions', async () => {
    const { secret } = await tokenWith(on('acme/app', 'IMAGE_PUSH'), on('acme/lib', 'IMAGE_PULL'))
    const scopes = ['repository:acme/app:pull', 'repository:acme/lib:push,pull', 'repository:globex/site:pull']
    const response = await askForToken(postern.url, { login: acme(secret), scopes })
    expect(grantsIn(response)).toEqual({ 'acme/app': ['pull'], 'acme/lib': ['pull'] })
  })

  it('follows changes of its scopes with the next request', async () => {
    const { id, secret } = await tokenWith(on('acme/app', 'IMAGE_DELETE'))
    await owner.execute(UpdateTokenDocument, { id, input: { scopes: [on('acme/lib', 'IMAGE_PULL')] } })
    expect(await grants(secret, '*')).toEqual({ 'acme/lib': ['pull'] })
  })

  it('keeps working on a smaller plan with tokens', async () => {
    const { secret } = await tokenWith(on('acme/app', 'IMAGE_PUSH'))
    await owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan: 'TEAM' })
    try {
      expect(await grants(secret, '*')).toEqual({ 'acme/app': ['pull', 'push'] })
    } finally {
      await owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan: 'BUSINESS' })
    }
  })
})

describe('a repository', () => {
  it('becomes public and private again with the next request', async () => {
    await createRepository(owner, 'acme/door')
    const everyone = await tokenWith(on('*/*/public', 'IMAGE_PULL'))
    const show = (visibility: 'PUBLIC' | 'PRIVATE') =>
      owner.execute(UpdateRepositoryDocument, { name: 'acme/door', input: { visibility } })
    for (const [visibility, held] of [
      ['PRIVATE', {}],
      ['PUBLIC', { 'acme/door': ['pull'] }],
      ['PRIVATE', {}],
    ] as const) {
      await show(visibility)
      expect(await grants(null, '*', ['acme/door'])).toEqual(held)
      expect(await grants(everyone.secret, '*', ['acme/door'])).toEqual(held)
    }
  })

  it('a deleted repository has no grants, and neither has a later one of the same name', async () => {
    await createRepository(owner, 'acme/brief')
    const named = await tokenWith(on('acme/brief', 'IMAGE_PULL'))
    const all = await tokenWith(on('acme/*', 'IMAGE_PULL'))
    await owner.execute(DeleteRepositoryDocument, { name: 'acme/brief' })
    for (const { secret } of [named, all]) expect(await grants(secret, '*', ['acme/brief'])).toEqual({})
    await createRepository(owner, 'acme/brief')
    expect(await grants(named.secret, '*', ['acme/brief'])).toEqual({})
    expect(await grants(all.secret, '*', ['acme/brief'])).toEqual({ 'acme/brief': ['pull'] })
  })

  it('a repository can have a name of many parts, each of which counts', async () => {
    await createRepository(owner, 'acme/team/tools/cli')
    const { secret } = await tokenWith(on('acme/team/tools/cli', 'IMAGE_PULL'))
    const names = ['acme/team/tools/cli', 'acme/team/tools', 'acme/cli', 'team/tools/cli']
    expect(await grants(secret, '*', names)).toEqual({ 'acme/team/tools/cli': ['pull'] })
  })
})
