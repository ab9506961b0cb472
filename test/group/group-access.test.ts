import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  DeleteRepositoryDocument,
  type Permission,
  RepositoriesDocument,
  type RepositoryAccess,
  RepositoryDocument,
  UpdateRepositoryDocument,
} from '../../schema/typed-documents.ts'
import { addMember, createOwnedOrganization, removeMember } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { insertPersonalToken } from '../harness/inserted-token.ts'
import { createRepository, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken, grantsIn, type Login } from '../harness/token-endpoint.ts'
import { addToGroup, createGroup, deleteGroup, removeFromGroup, setGroupAccess } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string
let ben: Person
/** Ben's registry passwords, by kind. */
let logins: Record<'password' | 'PUBLIC_READ' | 'READ' | 'READ_WRITE' | 'READ_WRITE_DELETE' | 'named', Login>
let group: string

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  ben = await postern.signUp('ben')
  acme = await createOwnedOrganization(postern, owner, 'acme', 'BUSINESS')
  const api = await createRepository(owner, 'acme/api')
  await createRepository(owner, 'acme/web')
  const tokenOf = (access: Parameters<typeof insertPersonalToken>[2]) => insertPersonalToken(postern, 'ben', access)
  logins = {
    password: { username: 'ben', password: ben.password },
    PUBLIC_READ: await tokenOf('PUBLIC_READ'),
    READ: await tokenOf('READ'),
    READ_WRITE: await tokenOf('READ_WRITE'),
    READ_WRITE_DELETE: await tokenOf('READ_WRITE_DELETE'),
    named: await insertPersonalToken(postern, 'ben', 'READ_WRITE_DELETE', [{ id: api }]),
  }
})
afterAll(() => postern.stop())

// Ben is a member, and in a new group without access.
beforeEach(async () => {
  await postern.em().execute('delete from member_group')
  await addMember(postern, acme, ben.client, 'MEMBER')
  group = await createGroup(owner, 'developers')
  await addToGroup(group, owner, 'ben')
})

const byAccess: Readonly<Record<RepositoryAccess, Permission[]>> = {
  READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  WRITE: ['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_READ'],
  ADMIN: ['IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE', 'REPOSITORY_READ', 'REPOSITORY_EDIT', 'REPOSITORY_ADMIN'],
}
const accesses = Object.keys(byAccess) as RepositoryAccess[]
const actionsBy = { READ: ['pull'], WRITE: ['pull', 'push'], ADMIN: ['pull', 'push', 'delete'] } as const

/** The permissions that the API shows a caller for a repository; null if they cannot see it. */
async function seen(name = 'acme/api', client = ben.client): Promise<Permission[] | null> {
  return (await client.execute(RepositoryDocument, { name })).repository?.viewerPermissions ?? null
}

async function listed(client = ben.client): Promise<{ names: string[]; totalCount: number } | null> {
  const { organization } = await client.execute(RepositoriesDocument, { organization: 'acme' })
  if (!organization) return null
  const { nodes, totalCount } = organization.repositories
  return { names: nodes.map(({ name }) => name), totalCount }
}

/** The actions that a login is granted on a repository, of all that it requests. */
async function granted(login: Login, name = 'acme/api'): Promise<readonly string[]> {
  const scopes = [`repository:${name}:pull,push,delete`]
  return grantsIn(await askForToken(postern.url, { login, scopes }))[name] ?? []
}

const grantedToAll = async (name = 'acme/api') =>
  Object.fromEntries(
    await Promise.all(Object.entries(logins).map(async ([how, login]) => [how, await granted(login, name)])),
  )

const nothing = { password: [], PUBLIC_READ: [], READ: [], READ_WRITE: [], READ_WRITE_DELETE: [], named: [] }

describe('a member', () => {
  it('reaches no private repository unless a group of theirs has access', async () => {
    expect(await seen()).toBeNull()
    expect(await listed()).toEqual({ names: [], totalCount: 0 })
    expect(await grantedToAll()).toEqual(nothing)
  })

  it.each(accesses)(
    'a member has on a repository what %s allows, and nothing on other repositories',
    async (access) => {
      await setGroupAccess(group, owner, 'acme/api', access)
      expect(await seen()).toEqual(byAccess[access])
      expect(await listed()).toEqual({ names: ['acme/api'], totalCount: 1 })
      expect(await granted(logins.password)).toEqual(actionsBy[access])
      expect(await seen('acme/web')).toBeNull()
      expect(await grantedToAll('acme/web')).toEqual(nothing)
    },
  )

  it.each<[RepositoryAccess, Record<string, readonly string[]>]>([
    ['READ', { READ: ['pull'], READ_WRITE: ['pull'], READ_WRITE_DELETE: ['pull'], named: ['pull'] }],
    [
      'WRITE',
      { READ: ['pull'], READ_WRITE: ['pull', 'push'], READ_WRITE_DELETE: ['pull', 'push'], named: ['pull', 'push'] },
    ],
    [
      'ADMIN',
      {
        READ: ['pull'],
        READ_WRITE: ['pull', 'push'],
        READ_WRITE_DELETE: ['pull', 'push', 'delete'],
        named: ['pull', 'push', 'delete'],
      },
    ],
  ])("a personal token has on %s what the token's access includes", async (access, held) => {
    await setGroupAccess(group, owner, 'acme/api', access)
    expect(await grantedToAll()).toEqual({ password: actionsBy[access], PUBLIC_READ: [], ...held })
  })

  it('sees with a personal token what they see, and administers nothing', async () => {
    await setGroupAccess(group, owner, 'acme/api', 'ADMIN')
    const client = postern.client(logins.READ_WRITE_DELETE.password)
    expect(await seen('acme/api', client)).toEqual(['IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE', 'REPOSITORY_READ'])
    expect(await listed(client)).toEqual({ names: ['acme/api'], totalCount: 1 })
    const closed = postern.client(logins.PUBLIC_READ.password)
    expect([await seen('acme/api', closed), await listed(closed)]).toEqual([null, { names: [], totalCount: 0 }])
    expect(await client.codesOf(DeleteRepositoryDocument, { name: 'acme/api' })).toEqual(['FORBIDDEN'])
  })

  it('a member has the highest access of their groups, whichever came first', async () => {
    const others = [await createGroup(owner, 'one'), await createGroup(owner, 'two')]
    for (const other of others) await addToGroup(other, owner, 'ben')
    await setGroupAccess(group, owner, 'acme/api', 'WRITE')
    await setGroupAccess(others[0] ?? '', owner, 'acme/api', 'READ')
    expect(await granted(logins.password)).toEqual(actionsBy.WRITE)
    await setGroupAccess(others[1] ?? '', owner, 'acme/api', 'ADMIN')
    expect(await granted(logins.password)).toEqual(actionsBy.ADMIN)
    expect(await listed()).toEqual({ names: ['acme/api'], totalCount: 1 })
    await removeFromGroup(others[1] ?? '', owner, 'ben')
    expect(await granted(logins.password)).toEqual(actionsBy.WRITE)
    await setGroupAccess(group, owner, 'acme/api', null)
    expect(await granted(logins.password)).toEqual(actionsBy.READ)
  })

  it('a member has no access through groups that they are not in', async () => {
    const other = await createGroup(owner, 'others')
    await setGroupAccess(other, owner, 'acme/api', 'ADMIN')
    expect(await seen()).toBeNull()
    expect(await grantedToAll()).toEqual(nothing)
  })

  it('creates no repository by a push, whatever the access of a group', async () => {
    await setGroupAccess(group, owner, 'acme/api', 'ADMIN')
    expect(await grantedToAll('acme/unmade')).toEqual(nothing)
    expect(await seen('acme/unmade', owner)).toBeNull()
  })
})

describe('the access through a group', () => {
  const endings: Record<string, () => Promise<unknown>> = {
    'the member leaves the group': () => removeFromGroup(group, ben.client, 'ben'),
    'the member is taken out of the group': () => removeFromGroup(group, owner, 'ben'),
    'the group is deleted': () => deleteGroup(owner, group),
    'the access is taken away': () => setGroupAccess(group, owner, 'acme/passing', null),
    'the member leaves the organization': () => removeMember(postern, acme, ben.client),
    'the repository is deleted': async () => {
      await owner.execute(DeleteRepositoryDocument, { name: 'acme/passing' })
      // Another repository of the same name is not covered.
      await createRepository(owner, 'acme/passing')
    },
  }

  it.each(Object.keys(endings))('ends with the next request when %s', async (ending) => {
    const id = await createRepository(owner, 'acme/passing')
    const named = await insertPersonalToken(postern, 'ben', 'READ_WRITE_DELETE', [{ id }])
    await setGroupAccess(group, owner, 'acme/passing', 'ADMIN')
    expect(await seen('acme/passing')).toEqual(byAccess.ADMIN)
    expect((await listed())?.names).toEqual(['acme/passing'])
    for (const login of [logins.password, logins.READ_WRITE_DELETE, named])
      expect(await granted(login, 'acme/passing')).toEqual(actionsBy.ADMIN)

    await endings[ending]?.()
    expect(await seen('acme/passing')).toBeNull()
    expect((await listed())?.names ?? []).toEqual([])
    expect(await grantedToAll('acme/passing')).toEqual(nothing)
    expect(await granted(named, 'acme/passing')).toEqual([])
    await owner.execute(DeleteRepositoryDocument, { name: 'acme/passing' })
  })

  it('changes with the next request', async () => {
    for (const access of ['READ', 'ADMIN', 'WRITE', 'READ'] as const) {
      await setGroupAccess(group, owner, 'acme/api', access)
      expect(await granted(logins.READ_WRITE_DELETE)).toEqual(actionsBy[access])
    }
  })

  it('reduces nothing for editors and owners', async () => {
    await setGroupAccess(group, owner, 'acme/api', 'READ')
    await addMember(postern, acme, ben.client, 'EDITOR')
    expect(await seen()).toEqual(['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_READ', 'REPOSITORY_EDIT'])
    await setGroupAccess(group, owner, 'acme/api', 'ADMIN')
    expect(await seen()).toEqual(byAccess.ADMIN)
    await setGroupAccess(group, owner, 'acme/api', 'READ')
    await addMember(postern, acme, ben.client, 'OWNER')
    expect(await seen()).toEqual(byAccess.ADMIN)
    expect(await granted(logins.password)).toEqual(actionsBy.ADMIN)
  })
})

describe('ADMIN of a repository', () => {
  it('allows changing the description and visibility, and deleting it', async () => {
    await createRepository(owner, 'acme/theirs')
    await setGroupAccess(group, owner, 'acme/theirs', 'ADMIN')
    const input = { description: 'ours', visibility: 'PUBLIC' } as const
    const updated = await ben.client.execute(UpdateRepositoryDocument, { name: 'acme/theirs', input })
    expect(updated.updateRepository).toMatchObject({ repository: input, userErrors: [] })
    const deleted = await ben.client.execute(DeleteRepositoryDocument, { name: 'acme/theirs' })
    expect(deleted.deleteRepository.userErrors).toEqual([])
    expect(await seen('acme/theirs', owner)).toBeNull()
  })

  it.each(['READ', 'WRITE'] as const)('includes more than %s, which allows no change', async (access) => {
    await setGroupAccess(group, owner, 'acme/api', access)
    for (const input of [{ description: 'ours' }, { visibility: 'PUBLIC' as const }])
      expect(await ben.client.codesOf(UpdateRepositoryDocument, { name: 'acme/api', input })).toEqual(['FORBIDDEN'])
    expect(await ben.client.codesOf(DeleteRepositoryDocument, { name: 'acme/api' })).toEqual(['FORBIDDEN'])
  })
})
