import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateRepositoryDocument,
  type CreateRepositoryInput,
  RepositoryDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type Callers, callerKinds } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let callers: Callers
let owner: Client
let editor: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  editor = callers.all.editor.client
})
afterAll(() => postern.stop())

async function create(client: Client, input: CreateRepositoryInput) {
  return (await client.execute(CreateRepositoryDocument, { input })).createRepository
}

/** The user errors of an invalid repository. Also checks that the attempt wrote nothing. */
async function faultsOf(client: Client, input: CreateRepositoryInput): Promise<string[]> {
  const before = await databaseDigest(postern)
  const { repository, userErrors } = await create(client, input)
  if (userErrors.length === 0) return []
  expect(repository).toBeNull()
  expect(await databaseDigest(postern)).toBe(before)
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

describe('createRepository', () => {
  it('creates a private repository by default', async () => {
    const { repository } = await create(owner, { name: 'acme/api' })
    expect(repository).toMatchObject({ name: 'acme/api', visibility: 'PRIVATE', description: null })
    const { repository: open } = await create(owner, { name: 'acme/www', visibility: 'PUBLIC' })
    expect(open).toMatchObject({ name: 'acme/www', visibility: 'PUBLIC' })
    for (const created of [repository, open]) {
      const found = await owner.execute(RepositoryDocument, { name: created?.name ?? '' })
      expect(found.repository).toMatchObject({ id: created?.id, organization: { name: 'acme' } })
      expect(created?.id).toMatch(/^rep_[0-9A-Z]{26}$/)
    }
  })

  it('createRepository is allowed to editors too, and returns their permissions', async () => {
    const { repository } = await create(editor, { name: 'acme/by-an-editor' })
    expect(repository?.viewerPermissions).toEqual(['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_READ', 'REPOSITORY_EDIT'])
  })

  it('records one event', async () => {
    await create(editor, { name: 'acme/recorded', description: 'what it is for', visibility: 'PUBLIC' })
    const events = await recordedActivity(postern, 'acme')
    expect(events.filter(({ target }) => target === 'acme/recorded')).toMatchObject([
      {
        action: 'repository.create',
        actorKind: 'USER',
        actorName: 'editor',
        data: { visibility: 'PUBLIC' },
        tokenId: null,
        ipAddress: '127.0.0.1',
      },
    ])
  })

  it('accepts a description of one line with up to 1000 characters', async () => {
    const describe = async (path: string, description: string | null) =>
      (await create(owner, { name: `acme/described-${path}`, description })).repository?.description
    expect(await describe('1', ' trimmed ')).toBe('trimmed')
    expect(await describe('2', '')).toBeNull()
    expect(await describe('3', null)).toBeNull()
    expect(await describe('4', '𝒜'.repeat(1_000))).toBe('𝒜'.repeat(1_000))
    for (const description of ['x'.repeat(1_001), 'two\nlines', 'a\u0000null'])
      expect(await faultsOf(owner, { name: 'acme/described-5', description })).toEqual(['INVALID input.description'])
  })

  it('reports all errors of an input together', async () => {
    expect(await faultsOf(owner, { name: 'acme/Not Good', description: 'x'.repeat(1_001) })).toEqual([
      'INVALID input.name',
      'INVALID input.description',
    ])
  })

  it('returns TAKEN for a name that a repository of the same namespace has', async () => {
    await create(owner, { name: 'acme/twice' })
    expect(await faultsOf(owner, { name: 'acme/twice' })).toEqual(['TAKEN input.name'])
    expect(await faultsOf(editor, { name: 'acme/twice', visibility: 'PUBLIC' })).toEqual(['TAKEN input.name'])
    for (const name of ['acme/twice/below', 'acme/twice-more', 'owner/twice'])
      expect(await faultsOf(owner, { name })).toEqual([])
    expect(await faultsOf(callers.all.ownerElsewhere.client, { name: 'globex/twice' })).toEqual([])
  })

  it('gives a name to one of twenty simultaneous requests', async () => {
    const clients = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? owner : editor))
    const responses = await Promise.all(clients.map((client) => create(client, { name: 'acme/wanted' })))
    const created = responses.flatMap(({ repository }) => repository ?? [])
    expect(created).toHaveLength(1)
    expect(responses.flatMap(({ userErrors }) => userErrors.map(({ code, path }) => [code, ...path]))).toEqual(
      Array.from({ length: 19 }, () => ['TAKEN', 'input', 'name']),
    )
    const events = await recordedActivity(postern, 'acme')
    expect(events.filter(({ target }) => target === 'acme/wanted')).toHaveLength(1)
    expect((await owner.execute(RepositoryDocument, { name: 'acme/wanted' })).repository?.id).toBe(created[0]?.id)
  })
})

describe('a personal repository', () => {
  it('a personal repository is created by the person only, in their own namespace', async () => {
    const { client } = callers.all.member
    const { repository } = await create(client, { name: 'member/notes' })
    expect(repository).toMatchObject({
      name: 'member/notes',
      visibility: 'PRIVATE',
      viewerPermissions: [
        'IMAGE_PULL',
        'IMAGE_PUSH',
        'IMAGE_DELETE',
        'REPOSITORY_READ',
        'REPOSITORY_EDIT',
        'REPOSITORY_ADMIN',
      ],
    })
    expect((await client.execute(RepositoryDocument, { name: 'member/notes' })).repository?.organization).toBeNull()
  })

  it('a personal repository is recorded for the person, not for one of their organizations', async () => {
    await create(callers.all.member.client, { name: 'member/recorded' })
    const of = async (namespace: string) =>
      (await recordedActivity(postern, namespace)).filter(({ target }) => target === 'member/recorded')
    expect(await of('member')).toMatchObject([{ action: 'repository.create', actorName: 'member' }])
    expect(await of('acme')).toEqual([])
  })

  it("is invisible to everyone else, including administrators and owners of the person's organization", async () => {
    await create(callers.all.member.client, { name: 'member/secret' })
    for (const kind of callerKinds.filter((each) => each !== 'member')) {
      const { client } = callers.all[kind]
      expect([kind, (await client.execute(RepositoryDocument, { name: 'member/secret' })).repository]).toEqual([
        kind,
        null,
      ])
      if (callers.all[kind].login !== null)
        expect(await faultsOf(client, { name: 'member/secret' })).toEqual(['NOT_FOUND input.name'])
    }
  })
})
