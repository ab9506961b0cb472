import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Postern, startPostern } from '../harness/postern.ts'
import { codeSpans, root, rowsOf } from './markdown.ts'

const page = 'docs/architecture.md'

describe('the layers', () => {
  const entries = readdirSync(join(root, 'src'), { withFileTypes: true })
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))

  it('the table in CONTRIBUTING.md has exactly the files and folders of src', () => {
    const named = rowsOf('CONTRIBUTING.md', 'Structure').flatMap(([part = '']) => codeSpans(part))
    expect(named.sort()).toEqual(names.sort())
  })

  it('the table in CONTRIBUTING.md has exactly the folders of src/domain', () => {
    const folders = readdirSync(join(root, 'src', 'domain'))
    const layers = rowsOf('CONTRIBUTING.md', 'Structure').filter(([layer = '']) => /^\d+$/.test(layer))
    expect(layers.flatMap(([, names = '']) => codeSpans(names)).sort()).toEqual(folders.sort())
  })

  it('the table in the architecture has every folder of src', () => {
    const named = rowsOf(page, 'Layers').flatMap(([layer = '']) => codeSpans(layer))
    const folders = names.filter((name) => name.endsWith('/')).map((name) => `src/${name}`)
    expect(named).toEqual(expect.arrayContaining(folders))
  })
})

describe('the tables of the database', () => {
  let postern: Postern
  beforeAll(async () => {
    postern = await startPostern()
  })
  afterAll(() => postern.stop())

  it('the tables of the database are all in the architecture, with their keys', async () => {
    const rows: Array<{ name: string; key: string }> = await postern.em().execute(
      `select c.relname as name, string_agg(a.attname, ', ' order by k.place) as key
       from pg_class c
       join pg_index i on i.indrelid = c.oid and (i.indisprimary or i.indnullsnotdistinct)
       cross join unnest(i.indkey) with ordinality as k (number, place)
       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
       where c.relnamespace = 'public'::regnamespace and not c.relispartition
       group by c.relname`,
    )
    const documented = rowsOf(page, 'Data').flatMap(([tables = '', key = '']) =>
      codeSpans(tables).map((name) => ({ name, key: codeSpans(key)[0] })),
    )
    const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1)
    const ours = rows.filter(({ name }) => !/migration/.test(name))
    expect(documented.sort(byName)).toEqual(ours.sort(byName))
  })
})
