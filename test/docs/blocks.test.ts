import { spawnSync } from 'node:child_process'
import { buildSchema, parse, validate } from 'graphql'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'
import { parseScopes } from '../../src/domain/token/organization-scopes.ts'
import { registryConfig } from '../../src/registry/registry-config.ts'
import { allBlocks, blocksOf, read } from './markdown.ts'

const exampleRegistry = {
  publicUrl: 'https://postern.example.com',
  service: 'registry',
  issuer: 'postern',
  rootCertificates: '/etc/docker/registry/postern.crt',
  eventsSecret: 'REGISTRY_EVENTS_SECRET',
  storage: '/var/lib/registry',
}

const checks: Readonly<Record<string, (text: string) => void>> = {
  sh: (text) => expect(String(spawnSync('bash', ['-n'], { input: text }).stderr)).toBe(''),
  json: (text) => JSON.parse(text),
  graphql: (text) => expect(validate(buildSchema(read('schema/schema.graphql')), parse(text))).toEqual([]),
  ts: (text) => expect(parseSync('example.ts', text).errors).toEqual([]),
  js: (text) => expect(parseSync('example.js', text).errors).toEqual([]),
  // The end of what `npm run registry-config` prints, so that no entry is missing.
  yaml: (text) => expect(registryConfig(exampleRegistry).replaceAll('"', '').endsWith(text)).toBe(true),
  sql: (text) => expect(text).toMatch(/^(create \w+ [^;]+;\n)+$/),
}

describe('a code block of the documentation', () => {
  it.each(allBlocks.map((block, index) => ({ index, ...block })))(
    'a code block of the documentation is well-formed: $language in $page, "$heading" ($index)',
    ({ language, text }) => {
      expect(Object.keys(checks)).toContain(language)
      checks[language]?.(text)
    },
  )
})

/** The tests that run the shell blocks of a page, under all headings or under these. */
const runBy: ReadonlyArray<{ readonly page: string; readonly headings?: readonly string[]; readonly test: string }> = [
  { page: 'docs/guides/first-login.md', test: 'test/docs/walks.test.ts' },
  { page: 'README.md', headings: ['Log in with docker'], test: 'test/docs/walks.test.ts' },
  { page: 'docs/guides/attach-a-registry.md', headings: ['On another machine'], test: 'test/docs/requests.test.ts' },
  {
    page: 'docs/guides/rotation.md',
    headings: ['On a schedule, without downtime', 'In a pipeline'],
    test: 'test/docs/requests.test.ts',
  },
  {
    page: 'docs/guides/personal-tokens.md',
    headings: ['Approve a device in the browser'],
    test: 'test/docs/requests.test.ts',
  },
  { page: 'docs/guides/activity.md', headings: ['Export'], test: 'test/docs/requests.test.ts' },
  // It would remove the packages that this test runs on; its flags are compared with `npm start`.
  { page: 'docs/operating/deploy.md', headings: ['Run as a service'], test: 'test/docs/blocks.test.ts' },
]

describe('the shell blocks of the documentation', () => {
  it('the shell blocks of the documentation are all run by a test', () => {
    const commands = ['npm ci && npm start\n', 'npm ci && npm test\n']
    const others = allBlocks
      .filter(({ language, text }) => language === 'sh' && !commands.includes(text))
      .filter(
        ({ page, heading }) => !runBy.some((run) => run.page === page && run.headings?.includes(heading) !== false),
      )
    expect(others).toEqual([])
  })

  it('the shell blocks of the documentation are in pages that still have them, and tests that name their page', () => {
    for (const { page, headings = [], test } of runBy) {
      const blocks = blocksOf(page).filter(({ language }) => language === 'sh')
      expect(blocks.map(({ heading }) => heading)).toEqual(expect.arrayContaining([...headings]))
      expect(read(test)).toContain(page)
    }
  })

  it('start a service with the flags of npm start', () => {
    const { start } = JSON.parse(read('package.json')).scripts
    const text = read('docs/operating/deploy.md').replaceAll(/ \\\n +/g, ' ')
    expect(text).toContain(`exec node_modules/.bin/${start}\n`)
  })

  it('contain the test command that CI runs', () => {
    const commands = read('.ci/run')
    expect(commands).toMatch(/^ {2}quietly npm ci /m)
    expect(commands).toMatch(/^ {2}npm test /m)
    expect(read('README.md')).toContain('```sh\nnpm ci && npm test\n```')
    expect(read('.github/workflows/ci.yml')).toMatch(/^ {6}- run: \.ci\/run$/m)
  })
})

describe('the scopes of the guide to tokens', () => {
  it('the scopes of the guide to tokens are accepted', () => {
    const examples = blocksOf('docs/guides/tokens.md').filter(({ language }) => language === 'json')
    expect(examples).toHaveLength(1)
    const { scopes, errors } = parseScopes(JSON.parse(examples[0]?.text ?? ''), 'acme', ['scopes'])
    expect(errors).toEqual([])
    expect(scopes.length).toBeGreaterThan(0)
  })
})
