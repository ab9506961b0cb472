import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeleteRepositoryDocument, UpdateRepositoryDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { countWrites } from './database-writes.ts'

let postern: Postern
let owner: Client
let writes: () => Promise<number>

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  writes = await countWrites(postern)
})
afterAll(() => postern.stop())

/** The number of rows that are written while `work` runs. */
async function writtenBy(work: () => Promise<unknown>): Promise<number> {
  const before = await writes()
  await work()
  return (await writes()) - before
}

it('counts created, changed and deleted rows, including cascades', async () => {
  expect(await writtenBy(() => createRepository(owner, 'acme/api'))).toBe(2)
  const input = { description: 'changed' }
  expect(await writtenBy(() => owner.execute(UpdateRepositoryDocument, { name: 'acme/api', input }))).toBe(2)
  const scopes = [{ resource: 'REPOSITORY' as const, path: 'acme/api', permissions: ['IMAGE_PULL' as const] }]
  expect(await writtenBy(() => generateToken(owner, { scopes }))).toBe(4)
  expect(await writtenBy(() => owner.execute(DeleteRepositoryDocument, { name: 'acme/api' }))).toBe(4)
})

it('does not count reads, rollbacks, updates without a change, and last uses of tokens', async () => {
  const { secret } = await generateToken(owner)
  const rollBack = postern.em().transactional(async (em) => {
    await em.execute(`update organization set display_name = 'other'`)
    throw new Error('Rolled back.')
  })
  await expect(rollBack).rejects.toThrow('Rolled back.')
  expect(await writtenBy(() => postern.em().execute(`update organization set display_name = display_name`))).toBe(0)
  expect(await writtenBy(() => postern.client(secret).execute(ViewerDocument, {}))).toBe(0)
  expect(await postern.em().execute('select 1 from access_token_last_use')).toHaveLength(1)
  expect(await postern.em().execute('select 1 from access_token_secret where last_used_at is not null')).toHaveLength(1)
})
