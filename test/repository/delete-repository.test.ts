import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  DeleteRepositoryDocument,
  RepositoriesDocument,
  RepositoryDocument,
  type ScopeInput,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from './concurrently.ts'

let postern: Postern
let callers: Callers
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
})
afterAll(() => postern.stop())

async function remove(client: Client, name: string) {
  return (await client.execute(DeleteRepositoryDocument, { name })).deleteRepository
}

async function idOf(name: string): Promise<string | null> {
  return (await owner.execute(RepositoryDocument, { name })).repository?.id ?? null
}

async function scopesOf(tokenId: string) {
  return (await owner.execute(AccessTokenDocument, { id: tokenId })).accessToken?.scopes
}

function pullFrom(...paths: string[]): ScopeInput[] {
  return paths.map((path) => ({ resource: 'REPOSITORY', path, permissions: ['IMAGE_PULL'] }))
}

describe('deleteRepository', () => {
  it('deletes only that repository, and returns its id', async () => {
    const id = await createRepository(owner, 'acme/gone')
    for (const name of ['acme/gone/below', 'acme/gone-not', 'owner/gone']) await createRepository(owner, name)
    expect(await remove(owner, 'acme/gone')).toEqual({ deletedId: id, userErrors: [] })
    expect(await idOf('acme/gone')).toBeNull()
    const { organization } = await owner.execute(RepositoriesDocument, { organization: 'acme', search: 'gone' })
    expect(organization?.repositories.nodes.map(({ name }) => name)).toEqual(['acme/gone-not', 'acme/gone/below'])
    expect(await idOf('owner/gone')).not.toBeNull()
  })

  it('deleteRepository is allowed to owners: not to editors, and not to owners of the company', async () => {
    const id = await createRepository(owner, 'acme/wanted')
    const before = await databaseDigest(postern)
    for (const kind of ['editor', 'companyOwner'] as const)
      expect(await callers.all[kind].client.codesOf(DeleteRepositoryDocument, { name: 'acme/wanted' })).toEqual([
        'FORBIDDEN',
      ])
    expect(await databaseDigest(postern)).toBe(before)
    expect(await idOf('acme/wanted')).toBe(id)
  })

  it('records an event', async () => {
    await createRepository(owner, 'acme/recorded')
    await remove(owner, 'acme/recorded')
    const events = await recordedActivity(postern, 'acme')
    expect(events.at(-1)).toMatchObject({
      action: 'repository.delete',
      target: 'acme/recorded',
      actorName: 'owner',
      ipAddress: '127.0.0.1',
    })
  })

  it('returns the same for an invisible repository, a deleted one, and a malformed name', async () => {
    await createRepository(callers.all.ownerElsewhere.client, 'globex/api')
    await createRepository(owner, 'acme/once')
    await remove(owner, 'acme/once')
    const before = await databaseDigest(postern)
    const responses = new Set<string>()
    for (const name of ['globex/api', 'acme/once', 'absent/api', 'api', '', 'acme/*', 'acme/%', 'a/\u0000'])
      responses.add(JSON.stringify(await remove(owner, name)))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect([...responses][0]).toContain('"path":["name"]')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('deletes a personal repository for the person only', async () => {
    const { client } = callers.all.stranger
    const id = await createRepository(client, 'stranger/notes', 'PUBLIC')
    expect(await owner.codesOf(DeleteRepositoryDocument, { name: 'stranger/notes' })).toEqual(['FORBIDDEN'])
    expect(await remove(client, 'stranger/notes')).toEqual({ deletedId: id, userErrors: [] })
  })

  it('succeeds once for two simultaneous requests', async () => {
    const id = await createRepository(owner, 'acme/contested')
    const responses = await whileLocked(
      postern,
      (em) => em.execute('select 1 from repository where id = ? for update', [id]),
      [() => remove(owner, 'acme/contested'), () => remove(owner, 'acme/contested')],
    )
    expect(responses.map(({ deletedId }) => deletedId).sort()).toEqual([id, null].sort())
    expect(responses.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'NOT_FOUND', path: ['name'] }])
    const events = await recordedActivity(postern, 'acme')
    expect(events.filter(({ target, action }) => target === 'acme/contested' && /delete/.test(action))).toHaveLength(1)
  })
})

describe('deleting a repository that tokens name', () => {
  it('removes it from their scopes, with an event for each, and keeps their other scopes', async () => {
    for (const name of ['acme/a', 'acme/b']) await createRepository(owner, name)
    const both = await generateToken(owner, { label: 'both', scopes: pullFrom('acme/a', 'acme/b') })
    const one = await generateToken(owner, { label: 'one', scopes: pullFrom('acme/a') })
    const every = await generateToken(owner, { label: 'every', scopes: pullFrom('acme/*') })
    const other = await generateToken(owner, { label: 'other', scopes: pullFrom('acme/b') })
    await remove(owner, 'acme/a')

    expect(await scopesOf(both.id)).toEqual(pullFrom('acme/b'))
    expect(await scopesOf(one.id)).toEqual([])
    expect(await scopesOf(every.id)).toEqual(pullFrom('acme/*'))
    expect(await scopesOf(other.id)).toEqual(pullFrom('acme/b'))
    const events = (await recordedActivity(postern, 'acme')).filter(
      ({ action }) => action === 'access_token.scope_remove',
    )
    expect(events.map(({ tokenId, target, tokenLabel, data }) => [tokenId, target, tokenLabel, data]).sort()).toEqual(
      [
        [both.id, 'both', 'both', { repository: 'acme/a' }],
        [one.id, 'one', 'one', { repository: 'acme/a' }],
      ].sort(),
    )
  })

  it('keeps a token without scopes, which can still query itself', async () => {
    await createRepository(owner, 'acme/last')
    const { id, secret } = await generateToken(owner, { scopes: pullFrom('acme/last') })
    await remove(owner, 'acme/last')
    const { body } = await postern.client(secret).send({
      query: '{ viewer { accessToken { id status scopes { path } } organization { name } } }',
    })
    expect(body).toEqual({
      data: { viewer: { accessToken: { id, status: 'ACTIVE', scopes: [] }, organization: { name: 'acme' } } },
    })
  })

  it('gives tokens no access to a later repository of the same name', async () => {
    await createRepository(owner, 'acme/again')
    const { id, secret } = await generateToken(owner, { scopes: pullFrom('acme/again') })
    const oldId = await idOf('acme/again')
    await remove(owner, 'acme/again')
    const newId = await createRepository(owner, 'acme/again')
    expect(newId).not.toBe(oldId)
    expect(await scopesOf(id)).toEqual([])
    expect((await postern.client(secret).execute(RepositoryDocument, { name: 'acme/again' })).repository).toBeNull()
  })
})
