import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'

/** The parts of src, from top to bottom, and the other parts that each may import, besides its own files. */
const parts: Readonly<Record<string, readonly string[]>> = {
  commands: ['app.ts', 'config.ts', 'database', 'domain', 'graphql', 'registry'],
  'version.ts': [],
  'main.ts': [
    'announce-start.ts',
    'app.ts',
    'version.ts',
    'config.ts',
    'http',
    'graphql',
    'registry',
    'database',
    'domain',
  ],
  'announce-start.ts': ['app.ts', 'secret-file.ts'],
  'app.ts': [
    'version.ts',
    'config.ts',
    'start-services.ts',
    'started-parts.ts',
    'jobs.ts',
    'schedule.ts',
    'http',
    'graphql',
    'registry',
    'database',
    'domain',
  ],
  'start-services.ts': ['config.ts', 'started-parts.ts', 'database', 'domain'],
  'started-parts.ts': [],
  'config.ts': ['secret-file.ts', 'setting-rules.ts', 'database-url', 'domain'],
  'secret-file.ts': [],
  'setting-rules.ts': ['database-url', 'domain'],
  'jobs.ts': ['schedule.ts', 'domain'],
  'schedule.ts': [],
  'source-maps.ts': [],
  http: ['graphql', 'registry', 'domain'],
  graphql: ['domain'],
  registry: ['domain'],
  database: ['database-url', 'domain', 'migrations'],
  'database-url': [],
}

/** The layers of src/domain, the lowest first. A folder imports lower layers only, and no folder of its own layer. */
const layers = [
  ['shared'],
  ['model', 'secrets'],
  ['sql'],
  ['guess'],
  ['policy', 'deployment'],
  ['journal', 'refusal'],
  ['identity', 'repository'],
  ['account'],
  ['activity', 'company', 'group', 'member', 'notice', 'sso', 'token', 'usage'],
  ['device', 'registry-access', 'registry-events'],
].map((folders) => folders.map((folder) => `domain/${folder}`))

function mayImport(part: string, target: string): boolean {
  if (target === part) return true
  const layer = layers.findIndex((folders) => folders.includes(part))
  if (layer >= 0) return layers.slice(0, layer).some((folders) => folders.includes(target))
  return parts[part]?.includes(target.startsWith('domain/') ? 'domain' : target) ?? false
}

/** Whether a file may contain SQL: stores, their shared code, and code that opens and migrates the database. */
function holdsSql(file: string): boolean {
  return file.endsWith('-store.ts') || /^(domain\/sql|database)\//.test(file)
}

/** Modules and methods that send or build SQL without entities. */
const sqlModules = /^kysely$|\/sql\/(statement|batch|living-tokens|lock-entity|count-rows)\.ts$/
const sqlNames = ['LockMode', 'kysely']
const sqlMethods = ['createQueryBuilder', 'execute', 'getKysely', 'nativeDelete', 'nativeUpdate']

/** Packages that only some parts may import. */
const keptPackages = [
  { name: /^type-graphql($|\/)/, parts: ['graphql'] },
  { name: /^(fastify$|fastify\/|@fastify\/)/, parts: ['app.ts', 'http', 'registry'] },
]

type Sources = Readonly<Record<string, string>>

/** One line for each violation; the keys are paths under src. */
function violations(sources: Sources): string[] {
  const files = Object.keys(sources).sort()
  const parsed = new Map(files.map((file) => [file, syntax(file, sources[file] ?? '')]))
  const ofFiles = [...parsed].flatMap(([file, { imports, exportsDefault, usesSql }]) => [
    ...(parts[partOf(file)] || layers.flat().includes(partOf(file)) ? [] : [`${file} is in no part`]),
    ...(/(^|\/)index\.tsx?$/.test(file) ? [`${file} is a barrel: import the files themselves`] : []),
    ...(exportsDefault ? [`${file} has a default export`] : []),
    ...(usesSql && !holdsSql(file) ? [`${file} contains SQL: it belongs in a file named *-store.ts`] : []),
    ...imports.flatMap((specifier) => violationOfImport(file, specifier)),
  ])
  return [...ofFiles, ...cycles(parsed)]
}

function violationOfImport(file: string, specifier: string): string[] {
  const part = partOf(file)
  const violation = (why: string) => [`${file} imports ${specifier}: ${why}`]
  if (!specifier.startsWith('.')) {
    const kept = keptPackages.find(({ name }) => name.test(specifier))
    return kept && !kept.parts.includes(part) ? violation(`only ${kept.parts.join(', ')} may`) : []
  }
  if (/\.(css|json|svg)$/.test(specifier)) return []
  // Another spelling of the same file would not be recognized in a cycle.
  if (!/\.tsx?$/.test(specifier)) return violation('name the .ts file')
  const target = partOf(targetOf(file, specifier))
  return mayImport(part, target) ? [] : violation(`${part} may not import ${target}`)
}

/** The first folder or file under src, the second one in `domain`, or the first one of the repository. */
function partOf(path: string): string {
  const [first = '', second = ''] = path.replace(/^\.\.\//, '').split('/')
  return first === 'domain' ? `domain/${second}` : first
}

function targetOf(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier)
}

interface Syntax {
  /** Imports of values and of types, static and dynamic, and re-exports. */
  readonly imports: readonly string[]
  readonly exportsDefault: boolean
  readonly usesSql: boolean
}

function syntax(file: string, source: string): Syntax {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const nodes = [...nodesIn(program)]
  const imports = nodes.flatMap((node) => stringOf('value', 'source' in node ? node.source : null))
  return {
    imports,
    usesSql:
      imports.some((specifier) => sqlModules.test(specifier)) ||
      nodes.some(
        (node) =>
          ('imported' in node && stringOf('name', node.imported).some((name) => sqlNames.includes(name))) ||
          ('property' in node && stringOf('name', node.property).some((name) => sqlMethods.includes(name))),
      ),
    exportsDefault: nodes.some(
      (node) =>
        stringOf('type', node)[0] === 'ExportDefaultDeclaration' ||
        stringOf('name', 'exported' in node ? node.exported : null)[0] === 'default',
    ),
  }
}

function* nodesIn(tree: unknown): Generator<object> {
  if (typeof tree !== 'object' || tree === null) return
  yield tree
  for (const child of Object.values(tree)) yield* nodesIn(child)
}

function stringOf(key: string, node: unknown): string[] {
  const value = Object.entries(node ?? {}).find(([name]) => name === key)?.[1]
  return typeof value === 'string' ? [value] : []
}

function cycles(parsed: ReadonlyMap<string, Syntax>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) found.push(`a cycle: ${[...path.slice(path.indexOf(file)), file].join(' imports ')}`)
    if (done.has(file) || path.includes(file)) return
    for (const specifier of parsed.get(file)?.imports ?? [])
      if (specifier.startsWith('.')) visit(targetOf(file, specifier), [...path, file])
    done.add(file)
  }
  for (const file of parsed.keys()) visit(file, [])
  return found
}

const src = join(import.meta.dirname, '..', 'src')

describe('the structure of src', () => {
  const sources = Object.fromEntries(
    globSync('**/*.{ts,tsx}', { cwd: src }).map((file) => [file, readFileSync(join(src, file), 'utf8')]),
  )

  it('the structure of src follows the order of imports', () => {
    expect(violations(sources)).toEqual([])
  })

  it('every folder of the domain is on a layer, and no other', () => {
    const folders = globSync('domain/*', { cwd: src }).map((folder) => folder.split(sep).join('/'))
    expect(layers.flat().toSorted()).toEqual(folders.toSorted())
  })

  it('the structure of src is checked completely', () => {
    expect(syntax('config.ts', sources['config.ts'] ?? '').imports).toContain('./domain/model/plan.ts')
    const turned = { ...sources, 'domain/model/plan.ts': `import '../../config.ts'` }
    const found = violations(turned)
    expect(found).toContain('domain/model/plan.ts imports ../../config.ts: domain/model may not import config.ts')
    expect(found).toContainEqual(expect.stringMatching(/^a cycle: .*config\.ts imports domain\/model\//))
  })
})

describe('the order of imports', () => {
  it('allows imports of lower parts', () => {
    const sources = {
      'main.ts': `import './app.ts'; import './config.ts'; import './database/open.ts'`,
      'app.ts': `import fastify from 'fastify'; import './http/a.ts'; import './graphql/a.ts'; import './database/a.ts'`,
      'config.ts': `import './secret-file.ts'; import './domain/model/plan.ts'`,
      'http/a.ts': `import type {} from 'fastify'; import '../graphql/a.ts'; import './page.css'; import './b.tsx'`,
      'graphql/a.ts': `import 'type-graphql'; import '../domain/token/b.ts'`,
      'database/a.ts': `import '../domain/model/b.ts'; import '../../migrations/m.ts'`,
      'domain/token/a.ts': `import './b.ts'; import '../model/a.ts'; import 'zod'`,
      'domain/token/b.ts': '// import "../http/a.ts"',
      'domain/model/a.ts': `import '../shared/a.ts'`,
    }
    expect(violations(sources)).toEqual([])
  })

  it.each([
    ['graphql/a.ts', `import { b } from '../registry/b.ts'`, 'graphql may not import registry'],
    ['registry/a.ts', `import type { B } from '../graphql/b.ts'`, 'registry may not import graphql'],
    ['http/a.ts', `export * from '../database/b.ts'`, 'http may not import database'],
    ['graphql/a.ts', `export type { B } from '../database/b.ts'`, 'graphql may not import database'],
    ['registry/a.ts', `const b = await import('../database/b.ts')`, 'registry may not import database'],
    ['registry/a.ts', `let b: import('../http/b.ts').B`, 'registry may not import http'],
    ['domain/token/a.ts', `import { type B } from '../../database/b.ts'`, 'domain/token may not import database'],
    ['domain/model/a.ts', `import '../../config.ts'`, 'domain/model may not import config.ts'],
    ['domain/model/a.ts', `import type { B } from '../sql/b.ts'`, 'domain/model may not import domain/sql'],
    ['domain/token/a.ts', `import '../usage/b.ts'`, 'domain/token may not import domain/usage'],
    ['domain/token/a.ts', `import '../b.ts'`, 'domain/token may not import domain/b.ts'],
    ['http/a.ts', `import { type Config } from '../config.ts'`, 'http may not import config.ts'],
    ['http/a.ts', `import { start } from '../app.ts'`, 'http may not import app.ts'],
    ['app.ts', `import './main.ts'`, 'app.ts may not import main.ts'],
    ['http/a.ts', `import '../secret-file.ts'`, 'http may not import secret-file.ts'],
    ['http/a.ts', `import '../../migrations/b.ts'`, 'http may not import migrations'],
    ['database/a.ts', `import '../../test/b.ts'`, 'database may not import test'],
    ['domain/model/a.ts', `import './b.js'`, 'name the .ts file'],
    ['domain/model/a.ts', `import './b'`, 'name the .ts file'],
    ['domain/model/a.ts', `import '..'`, 'name the .ts file'],
    ['domain/model/a.ts', `import { Field } from 'type-graphql'`, 'only graphql may'],
    ['http/a.ts', `import type { Field } from 'type-graphql/x'`, 'only graphql may'],
    ['graphql/a.ts', `import type { FastifyRequest } from 'fastify'`, 'only app.ts, http, registry may'],
    ['main.ts', `import cors from '@fastify/cors'`, 'only app.ts, http, registry may'],
  ])('reports %s and its import if it contains %s', (file, source, why) => {
    const specifier = /'([^']+)'/.exec(source)?.[1]
    expect(violations({ [file]: source })).toEqual([`${file} imports ${specifier}: ${why}`])
  })

  it.each([
    [`import { sql } from 'kysely'`],
    [`import { statement } from '../sql/statement.ts'`],
    [`import { kysely } from '../sql/tables.ts'`],
    [`import { LockMode } from '@mikro-orm/postgresql'`],
    [`em.nativeDelete(Session, { id })`],
    [`em.getConnection().execute('select 1')`],
  ])('allows %s in stores only', (source) => {
    const withSql = (file: string) => violations({ [file]: source })
    const violation = 'contains SQL: it belongs in a file named *-store.ts'
    expect(withSql('domain/token/a.ts')).toEqual([`domain/token/a.ts ${violation}`])
    expect(withSql('domain/token/token-store.ts')).toEqual([])
  })

  it('forbids cycles, also of types, and of more than two files', () => {
    const [a, b, c] = [`import type { B } from './b.ts'`, `export * from './c.ts'`, `import './a.ts'`]
    const cycle =
      'a cycle: domain/model/a.ts imports domain/model/b.ts imports domain/model/c.ts imports domain/model/a.ts'
    expect(violations({ 'domain/model/a.ts': a, 'domain/model/b.ts': b, 'domain/model/c.ts': c })).toEqual([cycle])
    expect(violations({ 'domain/model/a.ts': a, 'domain/model/b.ts': b, 'domain/model/c.ts': '' })).toEqual([])
    expect(violations({ 'domain/model/a.ts': `import './a.ts'` })).toEqual([
      'a cycle: domain/model/a.ts imports domain/model/a.ts',
    ])
  })

  it.each([
    ['utils/a.ts', '', 'utils/a.ts is in no part'],
    ['domain/a.ts', '', 'domain/a.ts is in no part'],
    ['domain/access/a.ts', '', 'domain/access/a.ts is in no part'],
    ['domain/model/index.ts', '', 'domain/model/index.ts is a barrel: import the files themselves'],
    ['domain/model/a.ts', 'export default 1', 'domain/model/a.ts has a default export'],
    ['domain/model/a.ts', 'const a = 1; export { a as default }', 'domain/model/a.ts has a default export'],
  ])('forbids %s with "%s"', (file, source, violation) => {
    expect(violations({ [file]: source })).toEqual([violation])
  })
})
