import { describe, expect, it, vi } from 'vitest'
import { revertMigrations } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase, execute } from '../harness/database.ts'

describe('reverting migrations', () => {
  it('changes nothing while an instance is connected', async () => {
    const { url, drop } = await createTestDatabase()
    const names = () => execute(url, 'select name from migration order by id')
    const before = await names()
    const instance = await openDatabase(url)
    await instance.em.fork().execute('select 1')
    await expect(revertMigrations(url, 1)).rejects.toThrow(
      /^Other connections of Postern .* \(1\)\. Stop all of its instances/,
    )
    expect(await names()).toEqual(before)
    await instance.close()
    const disconnected = () => revertMigrations(url, 1)
    await vi.waitFor(disconnected, { timeout: 10_000, interval: 50 })
    expect(await names()).toHaveLength(before.length - 1)
    await drop()
  })
})
