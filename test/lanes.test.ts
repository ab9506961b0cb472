import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lanes } from './lanes.ts'

const filesOf = (globs: readonly string[]) => globs.flatMap((glob) => globSync(glob))
const textOf = (file: string) => readFileSync(file, 'utf8')

/** The modules that a test file imports, directly and indirectly, within the project and without types. */
function loadedBy(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded
  loaded.add(file)
  for (const [, specifier = ''] of textOf(file).matchAll(/^(?:import (?!type )|\} )(?:.* )?(?:from )?'([^']+)'$/gm))
    if (!specifier.startsWith('.')) loaded.add(specifier)
    else if (specifier.endsWith('.ts')) loadedBy(join(file, '..', specifier), loaded)
  return loaded
}

it('every lane names files that exist, each in one lane', () => {
  const globs = Object.values(lanes).flat()
  expect(globs.filter((glob) => globSync(glob).length === 0)).toEqual([])
  const files = filesOf(globs)
  expect(files.toSorted()).toEqual([...new Set(files)].toSorted())
})

it('the lane `unit` imports nothing that connects to a database or starts processes', () => {
  expect(loadedBy('test/account/sign-in.test.ts')).toContain('src/database/open-database.ts')
  expect(loadedBy('test/secret-file.test.ts')).toContain('node:child_process')
  const offenders = filesOf(lanes.unit).filter((file) => {
    const loaded = loadedBy(file)
    return loaded.has('node:child_process') || loaded.has('src/database/open-database.ts') || loaded.has('pg')
  })
  expect(offenders).toEqual([])
})

it('files that replace a module have their own process', () => {
  const isolated = new Set(filesOf([...lanes.unit, ...lanes.alone]))
  const mocking = globSync('test/**/*.test.ts').filter((file) => /^vi\.(do)?mock\(/im.test(textOf(file)))
  expect(mocking.length).toBeGreaterThan(1)
  expect(mocking.filter((file) => !isolated.has(file))).toEqual([])
})
