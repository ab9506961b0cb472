import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Permission,
  RepositoriesDocument,
  RepositoryDocument,
  type ScopeInput,
  UpdateRepositoryDocument,
} from '../../schema/typed-documents.ts'
import {
  addMember,
  arrangeCallers,
  type CallerKind,
  type Callers,
  callerKinds,
  removeMember,
} from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let callers: Callers
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  await createRepository(owner, 'acme/api', 'PRIVATE')
  await createRepository(owner, 'acme/cli', 'PRIVATE')
  await createRepository(owner, 'acme/www', 'PUBLIC')
  await createRepository(callers.all.ownerElsewhere.client, 'globex/www', 'PUBLIC')
})
afterAll(() => postern.stop())

const pull: Permission[] = ['IMAGE_PULL', 'REPOSITORY_READ']
const everything: Permission[] = [
  'IMAGE_PULL',
  'IMAGE_PUSH',
  'IMAGE_DELETE',
  'REPOSITORY_READ',
  'REPOSITORY_EDIT',
  'REPOSITORY_ADMIN',
]
const editing: Permission[] = ['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_READ', 'REPOSITORY_EDIT']

async function seen(client: Client, name: string): Promise<Permission[] | null> {
  return (await client.execute(RepositoryDocument, { name })).repository?.viewerPermissions ?? null
}

/** The repositories of an organization that a client sees; null if it cannot see the organization. */
async function listed(client: Client, organization: string): Promise<{ names: string[]; totalCount: number } | null> {
  const response = await client.execute(RepositoriesDocument, { organization })
  if (!response.organization) return null
  const { nodes, totalCount } = response.organization.repositories
  return { names: nodes.map(({ name }) => name), totalCount }
}

async function tokenWith(scopes: ScopeInput[]): Promise<Client> {
  return postern.client((await generateToken(owner, { scopes })).secret)
}

describe('a repository', () => {
  it.each<[CallerKind, Permission[] | null, Permission[] | null]>([
    ['anonymous', null, pull],
    ['stranger', null, pull],
    ['member', null, pull],
    ['editor', editing, editing],
    ['owner', everything, everything],
    ['companyOwner', ['REPOSITORY_READ'], pull],
    ['ownerElsewhere', null, pull],
    ['token', everything, everything],
    ['tokenElsewhere', null, null],
    ['administrator', null, pull],
  ])(
    'gives the %s these permissions while it is private, and these while it is public',
    async (kind, whilePrivate, whilePublic) => {
      const { client } = callers.all[kind]
      expect(await seen(client, 'acme/api')).toEqual(whilePrivate)
      expect(await seen(client, 'acme/www')).toEqual(whilePublic)
    },
  )

  it('becomes visible and invisible as soon as its visibility changes', async () => {
    await createRepository(owner, 'acme/turning', 'PRIVATE')
    const turn = (visibility: 'PUBLIC' | 'PRIVATE') =>
      owner.execute(UpdateRepositoryDocument, { name: 'acme/turning', input: { visibility } })
    const { anonymous, member } = callers.all
    for (const { client } of [anonymous, member]) expect(await seen(client, 'acme/turning')).toBeNull()
    await turn('PUBLIC')
    for (const { client } of [anonymous, member]) expect(await seen(client, 'acme/turning')).toEqual(pull)
    await turn('PRIVATE')
    for (const { client } of [anonymous, member]) expect(await seen(client, 'acme/turning')).toBeNull()
    await postern.em().execute(`delete from repository where path = 'turning'`)
  })

  it('becomes invisible to editors as soon as they leave the organization', async () => {
    const { client } = await postern.signUp('leaver')
    await addMember(postern, callers.acmeId, client, 'EDITOR')
    expect(await seen(client, 'acme/api')).toEqual(editing)
    await addMember(postern, callers.acmeId, client, 'MEMBER')
    expect(await seen(client, 'acme/api')).toBeNull()
    await removeMember(postern, callers.acmeId, client)
    expect(await seen(client, 'acme/api')).toBeNull()
    expect(await seen(client, 'acme/www')).toEqual(pull)
  })

  it('a repository does not disclose its organization to callers who cannot see it', async () => {
    for (const kind of callerKinds.filter((each) => each !== 'tokenElsewhere')) {
      const { client } = callers.all[kind]
      const { repository } = await client.execute(RepositoryDocument, { name: 'acme/www' })
      const mayKnow = !['anonymous', 'stranger', 'ownerElsewhere'].includes(kind)
      expect([kind, repository?.organization]).toEqual([kind, mayKnow ? { name: 'acme' } : null])
    }
  })
})

describe('Organization.repositories', () => {
  const all = ['acme/api', 'acme/cli', 'acme/www']

  it.each<[CallerKind, string[] | null]>([
    ['stranger', null],
    ['member', ['acme/www']],
    ['editor', all],
    ['owner', all],
    ['companyOwner', all],
    ['ownerElsewhere', null],
    ['token', all],
    ['tokenElsewhere', null],
    ['administrator', ['acme/www']],
  ])('lists and counts for the %s what they may see', async (kind, names) => {
    expect(await listed(callers.all[kind].client, 'acme')).toEqual(names && { names, totalCount: names.length })
  })

  it('lists what each caller finds by name', async () => {
    for (const kind of callerKinds.filter((each) => each !== 'anonymous')) {
      const { client } = callers.all[kind]
      const list = await listed(client, 'acme')
      if (list === null) continue
      const found = []
      for (const name of all) if ((await seen(client, name)) !== null) found.push(name)
      expect([kind, list.names]).toEqual([kind, found])
    }
  })
})

describe('an organization token', () => {
  it('sees the repositories that it names, and no others', async () => {
    const client = await tokenWith([{ resource: 'REPOSITORY', path: 'acme/cli', permissions: ['IMAGE_PUSH'] }])
    expect(await seen(client, 'acme/cli')).toEqual(['IMAGE_PULL', 'IMAGE_PUSH'])
    for (const name of ['acme/api', 'acme/www', 'globex/www'])
      expect([name, await seen(client, name)]).toEqual([name, null])
    expect(await listed(client, 'acme')).toEqual({ names: ['acme/cli'], totalCount: 1 })
  })

  it('sees every repository, also later ones, if it is for all of them', async () => {
    const client = await tokenWith([{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }])
    await createRepository(owner, 'acme/later', 'PRIVATE')
    expect(await seen(client, 'acme/later')).toEqual(['IMAGE_PULL'])
    expect((await listed(client, 'acme'))?.names).toEqual(['acme/api', 'acme/cli', 'acme/later', 'acme/www'])
    expect(await seen(client, 'globex/www')).toBeNull()
    await postern.em().execute(`delete from repository where path = 'later'`)
  })

  it('sees public repositories of any namespace, and only pulls, if it is for those', async () => {
    const client = await tokenWith([{ resource: 'REPOSITORY', path: '*/*/public', permissions: ['IMAGE_PULL'] }])
    for (const name of ['acme/www', 'globex/www']) expect(await seen(client, name)).toEqual(['IMAGE_PULL'])
    expect(await seen(client, 'acme/api')).toBeNull()
    expect(await listed(client, 'acme')).toEqual({ names: ['acme/www'], totalCount: 1 })
  })

  it('sees that repositories exist, without access to them, if it may only list them', async () => {
    const client = await tokenWith([{ resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_LIST'] }])
    expect((await listed(client, 'acme'))?.names).toEqual(['acme/api', 'acme/cli', 'acme/www'])
    expect(await seen(client, 'acme/api')).toEqual([])
    expect(await seen(client, 'globex/www')).toBeNull()
  })

  it('an organization token has the sum of its scopes', async () => {
    const client = await tokenWith([
      { resource: 'REPOSITORY', path: 'acme/cli', permissions: ['IMAGE_DELETE', 'REPOSITORY_READ'] },
      { resource: 'REPOSITORY', path: '*/*/public', permissions: ['IMAGE_PULL'] },
      { resource: 'ORGANIZATION', path: 'acme', permissions: ['MEMBER_READ'] },
    ])
    expect(await seen(client, 'acme/cli')).toEqual(['IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE', 'REPOSITORY_READ'])
    expect(await seen(client, 'acme/www')).toEqual(['IMAGE_PULL'])
    expect(await seen(client, 'acme/api')).toBeNull()
    expect(await listed(client, 'acme')).toEqual({ names: ['acme/cli', 'acme/www'], totalCount: 2 })
  })
})
