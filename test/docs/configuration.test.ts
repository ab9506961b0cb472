import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { checkParameters } from '../../src/database-url/parameters.ts'
import { codeSpans, firstCode, read, root, rowsOf, sectionOf } from './markdown.ts'

const page = 'docs/operating/configuration.md'
const rows = rowsOf(page, 'Configuration').map(([name, defaultValue = '']) => ({ name: firstCode(name), defaultValue }))
const given = { SECRET_KEY: 'a key for nothing but this test file' }

describe('the table of settings', () => {
  it('the table of settings has every variable that src/config.ts reads, and no other', () => {
    const source = read('src/config.ts')
    const named = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): |given\.([A-Z_]+)/gm)].map(([, a, b]) => a ?? b ?? '')
    const variables = new Set(named.filter((name) => !name.endsWith('_FILE')))
    expect(rows.map(({ name }) => name).sort()).toEqual([...variables].sort())
  })

  it.each(rows.filter(({ defaultValue }) => /^`[^`]+`$/.test(defaultValue)))(
    'the table of settings has the default of $name',
    (row) => {
      expect(loadConfig({ ...given, [row.name]: firstCode(row.defaultValue) })).toEqual(loadConfig(given))
    },
  )

  it('names the variables that can be in a file, and no other', () => {
    const takesFile = (name: string) => {
      try {
        return loadConfig({ ...given, [`${name}_FILE`]: join(root, 'no such file') }) === undefined
      } catch {
        return true
      }
    }
    const named = codeSpans(sectionOf(page, 'Secrets in files')).filter((code) => /^[A-Z_]+_FILE$/.test(code))
    const taken = rows.map(({ name }) => name).filter(takesFile)
    expect(new Set(named)).toEqual(new Set(taken.map((name) => `${name}_FILE`)))
  })

  it('the table of settings has the range of MAX_CONNECTIONS', () => {
    const [, least, most] = /\| Open connections, (\d+) to (\d+)\./.exec(read(page)) ?? []
    const accepts = (value: number) => {
      try {
        return loadConfig({ ...given, MAX_CONNECTIONS: String(value) }).maxConnections === value
      } catch {
        return false
      }
    }
    expect([Number(least) - 1, Number(least), Number(most), Number(most) + 1].map(accepts)).toEqual([
      false,
      true,
      true,
      false,
    ])
  })
})

describe('the page about deployment', () => {
  it('says of every setting whether instances share it', () => {
    const named = codeSpans(sectionOf('docs/operating/deploy.md', 'Several instances'))
    expect(rows.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([])
  })
})

describe('the table of DATABASE_URL parameters', () => {
  it('the table of DATABASE_URL parameters has every parameter that Postern knows, and no other', () => {
    const faults: string[] = []
    checkParameters(new Map([['nonsense', '']]), faults)
    const known = /write only (.*)$/.exec(faults[0] ?? '')?.[1]?.split(', ') ?? []
    const named = rowsOf('docs/operating/postgresql.md', 'Parameters').flatMap(([cell = '']) => codeSpans(cell))
    expect(named.sort()).toEqual(known.sort())
  })

  it.each(
    rowsOf('docs/operating/postgresql.md', 'Parameters').flatMap(([name = '', value = '']) =>
      codeSpans(value)
        .filter((code) => !/^(system|sslrootcert|libpq)$/.test(code) && !code.startsWith('sslmode'))
        .map((code) => ({ name: firstCode(name), value: code })),
    ),
  )('gives $name a value that is accepted: $value', ({ name, value }) => {
    const faults: string[] = []
    expect(checkParameters(new Map([[name, value]]), faults)).toEqual({ [name]: value })
    expect(faults).toEqual([])
  })
})

describe('the variables of libpq in the documentation', () => {
  const DATABASE_URL = 'postgres://postern@localhost/postern'
  const heading = 'Variables of libpq'
  const unsupported = rowsOf('docs/operating/postgresql.md', heading).flatMap(([cell = '']) => codeSpans(cell))

  it.each(unsupported)('is invalid beside DATABASE_URL, and ignored without it: %s', (name) => {
    expect(() => loadConfig({ ...given, DATABASE_URL, [name]: 'value' })).toThrow(`${name} is set`)
    expect(loadConfig({ ...given, [name]: 'value' })).toEqual(loadConfig(given))
  })

  it.each([
    ['PGPASSWORD', 'value'],
    ['PGSSLMODE', 'require'],
    ['PGGSSENCMODE', 'disable'],
    ['PGTARGETSESSIONATTRS', 'any'],
  ])('is read: %s', (name, value) => {
    expect(sectionOf('docs/operating/postgresql.md', heading)).toContain(name)
    expect(loadConfig({ ...given, DATABASE_URL, [name]: value }).databaseUrl).toContain(`=${value}`)
  })
})
