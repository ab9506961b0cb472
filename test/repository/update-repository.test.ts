import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  RepositoryDocument,
  UpdateRepositoryDocument,
  type UpdateRepositoryInput,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from './concurrently.ts'

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

async function update(client: Client, name: string, input: UpdateRepositoryInput) {
  return (await client.execute(UpdateRepositoryDocument, { name, input })).updateRepository
}

async function stateOf(name: string) {
  const { repository } = await owner.execute(RepositoryDocument, { name })
  return repository && { description: repository.description, visibility: repository.visibility }
}

async function updatesOf(name: string) {
  const events = await recordedActivity(postern, 'acme')
  return events.filter(({ action, target }) => action === 'repository.update' && target === name)
}

describe('updateRepository', () => {
  it('changes and removes the description, for editors as for owners', async () => {
    const id = await createRepository(owner, 'acme/described')
    for (const [client, description, kept] of [
      [editor, ' by an editor ', 'by an editor'],
      [owner, 'by an owner', 'by an owner'],
      [editor, null, null],
      [owner, 'x'.repeat(1_000), 'x'.repeat(1_000)],
      [owner, '  ', null],
    ] as const) {
      expect(await update(client, 'acme/described', { description })).toEqual({
        repository: { id, description: kept, visibility: 'PRIVATE' },
        userErrors: [],
      })
      expect(await stateOf('acme/described')).toEqual({ description: kept, visibility: 'PRIVATE' })
    }
  })

  it('changes the visibility for owners only', async () => {
    await createRepository(owner, 'acme/turned')
    const before = await databaseDigest(postern)
    const input = { visibility: 'PUBLIC' as const }
    for (const [name, given] of [
      ['acme/turned', input],
      // Not even the part that editors may change.
      ['acme/turned', { ...input, description: 'now for everyone' }],
      ['acme/turned', { visibility: 'PRIVATE' as const }],
    ] as const)
      expect(await editor.codesOf(UpdateRepositoryDocument, { name, input: given })).toEqual(['FORBIDDEN'])
    expect(await databaseDigest(postern)).toBe(before)

    expect((await update(owner, 'acme/turned', input)).repository?.visibility).toBe('PUBLIC')
    expect(await stateOf('acme/turned')).toEqual({ description: null, visibility: 'PUBLIC' })
  })

  it('keeps absent values', async () => {
    await createRepository(owner, 'acme/kept', 'PUBLIC')
    await update(owner, 'acme/kept', { description: 'stays' })
    await update(owner, 'acme/kept', { visibility: 'PRIVATE' })
    expect(await stateOf('acme/kept')).toEqual({ description: 'stays', visibility: 'PRIVATE' })
    await update(owner, 'acme/kept', { description: 'changes' })
    expect(await stateOf('acme/kept')).toEqual({ description: 'changes', visibility: 'PRIVATE' })
  })

  it('records changes, and nothing if nothing changes', async () => {
    await createRepository(owner, 'acme/recorded')
    await update(editor, 'acme/recorded', { description: 'first' })
    await update(owner, 'acme/recorded', { description: 'first', visibility: 'PUBLIC' })
    await update(owner, 'acme/recorded', { description: null })
    expect((await updatesOf('acme/recorded')).map(({ actorName, data }) => [actorName, data])).toEqual([
      ['editor', { description: 'first' }],
      ['owner', { visibility: 'PUBLIC' }],
      ['owner', { description: '' }],
    ])
    const before = await databaseDigest(postern)
    for (const input of [{}, { description: null }, { description: ' ' }, { visibility: 'PUBLIC' as const }])
      expect((await update(owner, 'acme/recorded', input)).userErrors).toEqual([])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('validates its input', async () => {
    await createRepository(owner, 'acme/ruled')
    const before = await databaseDigest(postern)
    for (const description of ['x'.repeat(1_001), 'two\nlines', 'a\u0000null']) {
      const { repository, userErrors } = await update(owner, 'acme/ruled', { description, visibility: 'PUBLIC' })
      expect(repository).toBeNull()
      expect(userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'description'] }])
    }
    const { userErrors } = await update(owner, 'acme/ruled', { description: 'fine', visibility: null })
    expect(userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'visibility'] }])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('changes no other repository', async () => {
    await createRepository(owner, 'acme/same')
    await createRepository(owner, 'acme/same/below')
    await createRepository(owner, 'owner/same')
    await update(owner, 'acme/same', { description: 'changed', visibility: 'PUBLIC' })
    for (const name of ['acme/same/below', 'owner/same'])
      expect(await stateOf(name)).toEqual({ description: null, visibility: 'PRIVATE' })
  })

  it('changes a personal repository for the person', async () => {
    const { client } = callers.all.stranger
    await createRepository(client, 'stranger/notes')
    expect(await update(client, 'stranger/notes', { description: 'mine', visibility: 'PUBLIC' })).toMatchObject({
      repository: { description: 'mine', visibility: 'PUBLIC' },
    })
    expect((await owner.execute(RepositoryDocument, { name: 'stranger/notes' })).repository?.description).toBe('mine')
    expect(
      await owner.codesOf(UpdateRepositoryDocument, { name: 'stranger/notes', input: { description: 'yours' } }),
    ).toEqual(['FORBIDDEN'])
  })

  it('returns the same for an invisible repository, a missing one, and a malformed name', async () => {
    await createRepository(callers.all.ownerElsewhere.client, 'globex/api')
    const before = await databaseDigest(postern)
    const responses = new Set<string>()
    for (const name of ['globex/api', 'globex/absent', 'absent/api', 'api', 'No Name', '', 'a/\u0000', '../acme/same'])
      responses.add(JSON.stringify(await update(owner, name, { description: 'x'.repeat(1_001) })))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect([...responses][0]).toContain('"path":["name"]')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('keeps simultaneous changes of others', async () => {
    const id = await createRepository(owner, 'acme/meanwhile', 'PUBLIC')
    const [response] = await whileLocked(
      postern,
      (em) => em.execute(`update repository set visibility = 'PRIVATE' where id = ?`, [id]),
      [() => update(editor, 'acme/meanwhile', { description: 'by an editor' })],
    )
    expect(response?.userErrors).toEqual([])
    expect(await stateOf('acme/meanwhile')).toEqual({ description: 'by an editor', visibility: 'PRIVATE' })
  })

  it('returns NOT_FOUND for a repository that is deleted at the same time', async () => {
    const id = await createRepository(owner, 'acme/going')
    const responses = await whileLocked(postern, (em) => em.execute('delete from repository where id = ?', [id]), [
      () => update(editor, 'acme/going', { description: 'too late' }),
    ])
    expect(responses).toMatchObject([{ repository: null, userErrors: [{ code: 'NOT_FOUND', path: ['name'] }] }])
    expect(await updatesOf('acme/going')).toEqual([])
  })
})
