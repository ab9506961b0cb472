import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateRepositoryDocument,
  DeleteRepositoryDocument,
  type Permission,
  RepositoriesDocument,
  RepositoryDocument,
  type ScopeInput,
  UpdateRepositoryDocument,
  type UpdateRepositoryInput,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type Callers, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonalToken } from '../harness/inserted-token.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let callers: Callers
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
})
afterAll(() => postern.stop())

interface Token {
  readonly id: string
  readonly client: Client
}

/** A token of `acme` with these permissions on a path. */
async function tokenWith(path: string, ...permissions: Permission[]): Promise<Token> {
  return tokenFor({ resource: path === 'acme' ? 'ORGANIZATION' : 'REPOSITORY', path, permissions })
}

async function tokenFor(...scopes: ScopeInput[]): Promise<Token> {
  const { id, secret } = await generateToken(owner, { label: 'robot', scopes })
  return { id, client: postern.client(secret) }
}

async function create({ client }: Token, name: string) {
  return (await client.execute(CreateRepositoryDocument, { input: { name, visibility: 'PRIVATE' } })).createRepository
}

async function update({ client }: Token, name: string, input: UpdateRepositoryInput) {
  return (await client.execute(UpdateRepositoryDocument, { name, input })).updateRepository
}

async function remove({ client }: Token, name: string) {
  return (await client.execute(DeleteRepositoryDocument, { name })).deleteRepository
}

/** The codes of a denial or of user errors. Also checks that nothing has changed. */
async function denialCodes(work: () => Promise<string[]>): Promise<string[]> {
  const before = await databaseDigest(postern)
  const codes = await work()
  expect(await databaseDigest(postern)).toBe(before)
  return codes
}

const codesIn = ({ userErrors }: { userErrors: ReadonlyArray<{ code: string }> }) => userErrors.map(({ code }) => code)

async function eventsOn(target: string) {
  return (await recordedActivity(postern, 'acme')).filter((event) => event.target === target)
}

describe('a token with REPOSITORY_CREATE', () => {
  it('creates a repository of its organization, which it does not see', async () => {
    const token = await tokenWith('acme', 'REPOSITORY_CREATE')
    const { repository, userErrors } = await create(token, 'acme/made')
    expect(userErrors).toEqual([])
    expect(repository).toMatchObject({ name: 'acme/made', visibility: 'PRIVATE', viewerPermissions: [] })
    expect((await token.client.execute(RepositoryDocument, { name: 'acme/made' })).repository).toBeNull()
    expect((await owner.execute(RepositoryDocument, { name: 'acme/made' })).repository?.id).toBe(repository?.id)
    expect(await denialCodes(async () => codesIn(await create(token, 'acme/made')))).toEqual(['TAKEN'])
  })

  it('creates no repository elsewhere: in another organization, or in the namespace of a person', async () => {
    const token = await tokenWith('acme', 'REPOSITORY_CREATE')
    for (const name of ['globex/made', 'owner/made', 'member/made', 'nobody/made'])
      expect([name, await denialCodes(async () => codesIn(await create(token, name)))]).toEqual([name, ['NOT_FOUND']])
  })

  it('is required to create one: every other permission is denied, with a message that names it', async () => {
    const others: ScopeInput[] = [
      { resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_DELETE', 'REPOSITORY_ADMIN'] },
      {
        resource: 'ORGANIZATION',
        path: 'acme',
        permissions: ['MEMBER_EDIT', 'INVITE_EDIT', 'GROUP_EDIT', 'REPOSITORY_LIST', 'ACTIVITY_READ', 'REPORT_READ'],
      },
    ]
    const { client } = await tokenFor(...others)
    const query = 'mutation { createRepository(input: { name: "acme/refused" }) { repository { id } } }'
    const { body } = await client.send({ query })
    expect(body.errors).toMatchObject([
      {
        message: 'This takes the permission REPOSITORY_CREATE on acme. Ask an owner.',
        extensions: { code: 'FORBIDDEN' },
      },
    ])
  })
})

describe('a token with REPOSITORY_EDIT', () => {
  it('changes the description if its scope says so, sees the repository, and changes nothing else', async () => {
    for (const path of ['edited', 'beside']) await createRepository(owner, `acme/${path}`)
    const token = await tokenWith('acme/edited', 'REPOSITORY_EDIT')
    expect(await update(token, 'acme/edited', { description: 'by a token' })).toMatchObject({
      repository: { description: 'by a token', visibility: 'PRIVATE' },
      userErrors: [],
    })
    const { repository } = await token.client.execute(RepositoryDocument, { name: 'acme/edited' })
    expect(repository?.viewerPermissions).toEqual(['REPOSITORY_READ', 'REPOSITORY_EDIT'])

    const name = 'acme/edited'
    const input = { visibility: 'PUBLIC' as const, description: 'and open' }
    expect(await denialCodes(() => token.client.codesOf(UpdateRepositoryDocument, { name, input }))).toEqual([
      'FORBIDDEN',
    ])
    expect(await denialCodes(() => token.client.codesOf(DeleteRepositoryDocument, { name }))).toEqual(['FORBIDDEN'])
    const elsewhere = () => update(token, 'acme/beside', { description: 'by a token' })
    expect(await denialCodes(async () => codesIn(await elsewhere()))).toEqual(['NOT_FOUND'])
  })

  it.each<[Permission, string]>([
    ['REPOSITORY_READ', 'acme/*'],
    ['IMAGE_DELETE', 'acme/*'],
    ['REPOSITORY_LIST', 'acme'],
  ])('requires more than %s on %s, which neither sees nor edits', async (permission, path) => {
    const name = `acme/seen-${permission.toLowerCase().replace('_', '-')}`
    await createRepository(owner, name)
    const { client } = await tokenWith(path, permission)
    expect((await client.execute(RepositoryDocument, { name })).repository).toMatchObject({ name })
    const { organization } = await client.execute(RepositoriesDocument, { organization: 'acme', search: name.slice(5) })
    expect(organization?.repositories.nodes).toMatchObject([{ name }])
    const input = { description: 'changed' }
    expect(await denialCodes(() => client.codesOf(UpdateRepositoryDocument, { name, input }))).toEqual(['FORBIDDEN'])
    expect(await denialCodes(() => client.codesOf(DeleteRepositoryDocument, { name }))).toEqual(['FORBIDDEN'])
  })
})

describe('a token with REPOSITORY_ADMIN', () => {
  it('changes the visibility, and deletes the repository', async () => {
    const id = await createRepository(owner, 'acme/run')
    const token = await tokenWith('acme/*', 'REPOSITORY_ADMIN')
    const input = { visibility: 'PUBLIC' as const, description: 'for all' }
    expect(await update(token, 'acme/run', input)).toMatchObject({ repository: input, userErrors: [] })
    expect(await remove(token, 'acme/run')).toEqual({ deletedId: id, userErrors: [] })
    expect((await owner.execute(RepositoryDocument, { name: 'acme/run' })).repository).toBeNull()
  })

  it('deletes the one repository in its scope, and stays active without access', async () => {
    await createRepository(owner, 'acme/only')
    const token = await tokenWith('acme/only', 'REPOSITORY_ADMIN')
    expect(codesIn(await remove(token, 'acme/only'))).toEqual([])
    const query = '{ viewer { accessToken { id status scopes { path } } } }'
    expect((await token.client.send({ query })).body.data).toEqual({
      viewer: { accessToken: { id: token.id, status: 'ACTIVE', scopes: [] } },
    })
    await createRepository(owner, 'acme/only')
    expect(await denialCodes(async () => codesIn(await remove(token, 'acme/only')))).toEqual(['NOT_FOUND'])
    expect(await eventsOn('robot')).toContainEqual(
      expect.objectContaining({
        action: 'access_token.scope_remove',
        actorKind: 'ORGANIZATION_TOKEN',
        actorId: token.id,
        tokenId: token.id,
        data: { repository: 'acme/only' },
      }),
    )
  })

  it('a token of another organization sees nothing here, not even what is public', async () => {
    await createRepository(owner, 'acme/open', 'PUBLIC')
    const token = { id: '', client: callers.all.tokenElsewhere.client }
    for (const name of ['acme/open', 'acme/unheard-of']) {
      expect(await denialCodes(async () => codesIn(await remove(token, name)))).toEqual(['NOT_FOUND'])
      const input = { description: 'mine' }
      expect(await denialCodes(async () => codesIn(await update(token, name, input)))).toEqual(['NOT_FOUND'])
    }
  })
})

describe('an action of a token', () => {
  it('an action of a token is recorded with the token, under the name of the organization', async () => {
    const token = await tokenFor(
      { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] },
      { resource: 'REPOSITORY', path: 'acme/*', permissions: ['REPOSITORY_ADMIN'] },
    )
    await create(token, 'acme/told')
    await update(token, 'acme/told', { description: 'told of' })
    await remove(token, 'acme/told')
    const actor = { actorKind: 'ORGANIZATION_TOKEN', actorId: token.id, actorName: 'acme' }
    const events = await eventsOn('acme/told')
    expect(events).toMatchObject(
      ['create', 'update', 'delete'].map((act) => ({
        action: `repository.${act}`,
        ...actor,
        tokenId: token.id,
        tokenLabel: 'robot',
        ipAddress: '127.0.0.1',
      })),
    )
  })
})

describe('a personal token', () => {
  it("creates, changes and deletes no repository, with any access, not even the person's own", async () => {
    const ownerId = await userIdOf(owner)
    for (const name of ['acme/hers', 'owner/hers']) await createRepository(owner, name)
    for (const access of ['PUBLIC_READ', 'READ', 'READ_WRITE', 'READ_WRITE_DELETE'] as const) {
      const client = postern.client((await generatePersonalToken(postern, ownerId, { access })).secret)
      await client.execute(ViewerDocument, {})
      for (const name of ['acme/hers', 'owner/hers', 'nobody/hers']) {
        const created = { input: { name: `${name}-too`, visibility: 'PRIVATE' as const } }
        expect(await denialCodes(() => client.codesOf(CreateRepositoryDocument, created))).toEqual(['FORBIDDEN'])
        const changed = { name, input: { description: 'changed' } }
        expect(await denialCodes(() => client.codesOf(UpdateRepositoryDocument, changed))).toEqual(['FORBIDDEN'])
        expect(await denialCodes(() => client.codesOf(DeleteRepositoryDocument, { name }))).toEqual(['FORBIDDEN'])
      }
    }
  })

  it('a token for public repositories does not see private ones', async () => {
    await createRepository(owner, 'acme/hidden')
    await createRepository(owner, 'acme/shown', 'PUBLIC')
    const ownerId = await userIdOf(owner)
    const { secret } = await generatePersonalToken(postern, ownerId, { access: 'PUBLIC_READ' })
    const see = async (name: string) => (await postern.client(secret).execute(RepositoryDocument, { name })).repository
    expect(await see('acme/hidden')).toBeNull()
    expect((await see('acme/shown'))?.viewerPermissions).toEqual(['IMAGE_PULL', 'REPOSITORY_READ'])
  })
})
