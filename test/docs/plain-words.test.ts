import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pages, read, root, withoutBlocks } from './markdown.ts'
import {
  commentsOf,
  descriptionsOf,
  findBannedPhrases,
  messagesOf,
  operationCommentsOf,
  proseOf,
  type Text,
  testNamesOf,
} from './plain-words.ts'

/** Code whose comments and messages must be in plain words. */
const plainCode = [
  'src/*.ts',
  'src/commands/*.ts',
  'src/database/**/*.ts',
  'src/database-url/*.ts',
  'src/domain/{account,activity,company,deployment,group,journal,member,model,notice,policy,shared,sso}/*.ts',
  'src/graphql/**/*.ts',
  'src/http/*.ts',
  'src/http/graphiql/*.ts',
  'src/registry/*.ts',
  'src/domain/{guess,identity,refusal,registry-access,registry-events,repository,secrets,sql,token,usage}/*.ts',
].flatMap(filesOf)

/** The code of tests and benchmarks. */
const testCode = ['test/**/*.ts', 'bench/**/*.ts'].flatMap(filesOf)

/** The texts that must be in plain words. To include more files, extend the patterns here and in `plainCode`. */
const sources: ReadonlyArray<{
  readonly name: string
  readonly files: readonly string[]
  readonly textsOf: (file: string, source: string) => Text[]
}> = [
  { name: 'documentation', files: pages, textsOf: proseOf },
  {
    name: 'comments',
    files: [...testCode, ...filesOf('migrations/**/*.ts'), ...plainCode],
    textsOf: commentsOf,
  },
  { name: 'messages', files: plainCode, textsOf: messagesOf },
  { name: 'descriptions of the schema', files: ['schema/schema.graphql'], textsOf: descriptionsOf },
  { name: 'descriptions of operations', files: filesOf('schema/operations/*.graphql'), textsOf: operationCommentsOf },
  { name: 'test names', files: filesOf('test/**/*.test.ts'), textsOf: testNamesOf },
]

/** Code whose lines are as long as .editorconfig allows. */
const measuredCode = [...filesOf('test/docs/**/*.ts'), ...plainCode]

function filesOf(pattern: string): string[] {
  // The list of phrases and its examples are in these.
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules'] }).filter(
    (file) => !file.startsWith('test/docs/plain-words.'),
  )
}

describe.each(sources)('$name', ({ files, textsOf }) => {
  it.each(files)('is in plain words: %s', (file) => {
    expect(findBannedPhrases(textsOf(file, read(file)))).toEqual([])
  })

  it('has texts to read', () => {
    expect(files.flatMap((file) => textsOf(file, read(file))).length).toBeGreaterThan(10)
  })
})

describe('the lines of a file', () => {
  const most = Number(/^max_line_length = (\d+)$/m.exec(read('.editorconfig'))?.[1])
  const isTooLong = (line: string) => [...line].length > most

  it.each(measuredCode)('the lines of a file are not too long: %s', (file) => {
    expect(read(file).split('\n').filter(isTooLong)).toEqual([])
  })

  // Code can contain longer strings, such as statements, but comments and names of tests can be shorter.
  it.each([
    { name: 'comments', files: testCode, textsOf: commentsOf },
    { name: 'test names', files: testCode, textsOf: testNamesOf },
  ])('the lines of $name in tests and benchmarks are not too long', ({ files, textsOf }) => {
    const linesOf = (file: string, lines = read(file).split('\n')) =>
      textsOf(file, lines.join('\n')).map(({ line }) => `${lines[line - 1]}`)
    expect(files.flatMap((file) => linesOf(file).filter(isTooLong))).toEqual([])
  })

  // Rows of tables and commands cannot be broken; an address in a link can make a line longer.
  it.each(pages)('the lines of a file are not too long, except tables, code and links: %s', (page) => {
    const generated = /<!-- results[\s\S]*end of results -->/
    const prose = withoutBlocks(read(page).replace(generated, '')).split('\n')
    expect(prose.filter((line) => !/^\||\]\(\S+\)/.test(line)).filter(isTooLong)).toEqual([])
  })
})

describe('the search for banned phrases', () => {
  const found = (text: string) => findBannedPhrases([{ file: 'a.md', line: 1, text }])

  it.each([
    'Who has not logged in has 100 pulls.',
    'What logs in to the registry is a name.',
    'Of each occasion people are told once.',
    'A registry tells a client that it may not.',
    'It is refused.',
    'It is computed anew.',
    'An empty value counts as none.',
    'What a person can put right is data.',
    'A pipeline goes on with a request that is under way.',
    'What is no name is nobody’s.',
  ])('finds the phrases of "%s"', (text) => {
    expect(found(text)).not.toEqual([])
  })

  it.each([
    'Whoever manages the token can ask Postern.',
    'Validation errors are data.',
    'Who may call which field?',
    'Registries never say why they deny access.',
  ])('accepts "%s"', (text) => {
    expect(found(text)).toEqual([])
  })

  it('the search for banned phrases does not read code', () => {
    expect(proseOf('a.md', '`refusedAttempts`\n```sh\nmake anew\n```').map(({ text }) => text)).toEqual(['`code`'])
  })

  it('reads comments, test names and messages', () => {
    const source = [
      "// Told once.\nit('is refused', () => 1) // made here\nthrow new Error(`It refuses all.`)",
      "it.each([1])('is told', () => 1)\n  ])(\n'of late', () => 1)",
    ].join('\n')
    const texts = [commentsOf, testNamesOf, messagesOf].flatMap((textsOf) => textsOf('a.ts', source))
    expect(findBannedPhrases(texts)).toHaveLength(6)
  })

  it('reads descriptions of a schema, and comments of an operation', () => {
    const texts = [
      ...descriptionsOf('a', '"""A pull, told once."""\ntype A {\n  "Made here."\n  b(\n"Anew"\nc: Int): Int\n}'),
      ...operationCommentsOf('b', '# Makes a group.\nquery { told }'),
    ]
    expect(findBannedPhrases(texts).map((each) => each.slice(0, 4))).toEqual(['a:1 ', 'a:3 ', 'a:5 ', 'b:1 '])
  })
})
