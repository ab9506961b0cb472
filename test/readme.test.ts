import { execFile, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { parseSync } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { findFreePort } from '../src/database/embedded-postgres/server.ts'
import { defaultPlanTable } from '../src/domain/account/plan.ts'
import { Faults, userErrorCodes } from '../src/domain/errors.ts'
import { parseScopes } from '../src/domain/token/parse-scopes.ts'
import { permissionDefinitions } from '../src/domain/token/permission.ts'
import { registryConfig } from '../src/registry/registry-config.ts'
import { buildGraphiql } from './harness/graphiql-app.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })].sort()
const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

interface Block {
  /** The heading it stands under, of any level, and that of the second level. */
  readonly heading: string
  readonly section: string
  readonly language: string
  readonly text: string
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let [section, heading] = ['', '']
  for (const match of markdown.matchAll(/^(#+) (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const [, level, title = '', language = '', text = ''] = match
    if (level === undefined) blocks.push({ section, heading, language, text })
    else [section, heading] = [level === '##' ? title : section, title]
  }
  return blocks
}

/** The cells of the rows of every table under a heading of the second level. */
function rowsOf(section: string): string[][] {
  const body = new RegExp(`^## ${section}\n([\\s\\S]*?)(^## |$(?![\\s\\S]))`, 'm').exec(readme)?.[1] ?? ''
  const rows = [...body.matchAll(/^\| (.*?) ?\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
  return rows.filter(([first = '']) => first.startsWith('`'))
}

const withoutBlocks = (markdown: string) => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
const codeSpans = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
const bare = (cell = '') => codeSpans(cell)[0] ?? ''
const blocks = blocksOf(readme)

const programs = ['docker-registry', 'docker', 'skopeo', 'curl', 'openssl']
const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined)
const skipped = missing.length > 0 && !process.env.CI
const because = skipped ? ` (skipped, not on the PATH: ${missing.join(', ')})` : ''

describe.skipIf(skipped)(`the walk from zero to docker login${because}`, () => {
  const speaksHttp = spokenVersion('docker') < 28.05
  let home: string
  let ports: Ports
  let stdout: string

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'postern-readme-'))
    ports = { postern: await findFreePort(), registry: await findFreePort() }
    await copyCheckout(join(home, 'checkout'))
    stdout = await runWalk(home, scriptOf(walkBlocks(speaksHttp), ports), ports)
  }, 240_000)
  afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

  it('logs a docker client in, with a token that was just generated', () => {
    expect(stdout.match(/^Login Succeeded$/gm)).toHaveLength(speaksHttp ? 2 : 1)
  })

  it('has answers without errors, and a token that is used after pushing and pulling', () => {
    const answers = stdout.split('\n').filter((line) => /^\{"(data|errors)"/.test(line))
    expect(answers).toHaveLength(blocks.filter(({ text }) => text.includes('/graphql \\')).length)
    for (const answer of answers) {
      expect(JSON.parse(answer)).toEqual({ data: expect.any(Object) })
      expect(answer).not.toMatch(/"userErrors":\[[^\]]/)
    }
    const { organization } = JSON.parse(answers.at(-1) ?? '').data
    expect(organization.repositories.nodes).toEqual([{ name: 'acme/readme', visibility: 'PRIVATE' }])
    expect(organization.accessTokens.nodes).toEqual([
      { label: 'ci', status: 'ACTIVE', lastUsedAt: expect.any(String), usageLimit: { used: 1, limit: null } },
    ])
  })

  it('leaves nothing running and no credentials, and the database where it says', async () => {
    for (const port of Object.values(ports)) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    const { auths = {} } = JSON.parse(await readFile(join(home, '.docker', 'config.json'), 'utf8'))
    expect(Object.keys(auths)).toEqual(['unused.invalid'])
    expect(globSync(['registry.*', 'readme*', 'data/postgres.password'], { cwd: join(home, 'checkout') })).toEqual([
      'data/postgres.password',
    ])
  })
})

interface Ports {
  readonly postern: number
  readonly registry: number
}

/** Major and minor version as a number: 28.05 for 28.5.2. */
function spokenVersion(program: string): number {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(String(spawnSync(program, ['--version']).stdout)) ?? []
  return Number(major) + Number(minor) / 100
}

/** As they stand in the README; for a docker that speaks no HTTP, in the order in which it tells its reader to go. */
function walkBlocks(speaksHttp: boolean): Block[] {
  const walk = blocks.filter(({ section, language }) => section.startsWith('From zero') && language === 'sh')
  const withTls = walk.filter(({ heading }) => heading === 'When docker wants TLS')
  const isLogin = ({ heading }: Block) => heading === '5. Log in'
  expect(withTls).toHaveLength(1)
  expect(walk.filter(isLogin)).toHaveLength(1)
  if (speaksHttp) return walk
  return walk.filter((block) => !withTls.includes(block)).flatMap((block) => (isLogin(block) ? withTls : block))
}

/**
 * One script of them all. What differs from the text: the ports, so that the tests disturb nobody, and that nothing is
 * installed, because it is there.
 */
function scriptOf(walk: readonly Block[], { postern, registry }: Ports): string {
  const text = walk.map((block) => block.text).join('\n')
  expect(text.match(/^(sudo .*|npm ci)\n/gm)).toHaveLength(3)
  return text
    .replaceAll(/^(sudo .*|npm ci)\n/gm, '')
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${postern}`)
    .replaceAll('127.0.0.1:5000', `127.0.0.1:${registry}`)
}

async function copyCheckout(to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md']
  for (const path of [...files, 'src', 'migrations', 'schema'])
    await cp(join(root, path), join(to, path), { recursive: true })
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'))
  // Built once for all tests; the build knows whether it is of these sources.
  await buildGraphiql()
  await cp(join(root, 'dist/graphiql'), join(to, 'dist/graphiql'), { recursive: true })
}

/** Runs it with job control, as a shell in a terminal has it, on a machine where nobody has logged in anywhere. */
async function runWalk(home: string, script: string, { postern, registry }: Ports): Promise<string> {
  await mkdir(join(home, '.docker'))
  await mkdir(join(home, 'run'))
  // An entry for a host that does not exist keeps docker from choosing the desktop's credential store.
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify({ auths: { 'unused.invalid': {} } }))
  const prelude = `set -meuo pipefail\ntrap 'for job in $(jobs -p); do kill -- "-$job"; done; wait' EXIT`
  await writeFile(join(home, 'walk.sh'), `${prelude}\n${script}`)
  const env = {
    // Without this run's own node_modules/.bin.
    PATH: (process.env.PATH ?? '').replaceAll(/[^:]*node_modules[^:]*:?/g, ''),
    HOME: home,
    TMPDIR: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    // As test/harness/registry.ts says: keeps skopeo, run by root, from the cache of everyone.
    _CONTAINERS_ROOTLESS_UID: String(process.getuid?.() || 1),
    npm_config_update_notifier: 'false',
    OTEL_TRACES_EXPORTER: 'none',
    // The walk has nothing to say of ports, because the defaults do; these are what its programs go by.
    PORT: String(postern),
    REGISTRY_HTTP_ADDR: `127.0.0.1:${registry}`,
  }
  const options = { cwd: join(home, 'checkout'), env, timeout: 200_000 }
  return new Promise((resolve, reject) => {
    execFile('bash', [join(home, 'walk.sh')], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`The walk ended with ${error.code ?? error.signal}:\n${stdout}\n${stderr}`))
    })
  })
}

describe('the README', () => {
  const parsers: Readonly<Record<string, (text: string) => void>> = {
    sh: (text) => expect(String(spawnSync('bash', ['-n'], { input: text }).stderr)).toBe(''),
    json: (text) => JSON.parse(text),
    graphql: (text) => expect(validate(buildSchema(read('schema/schema.graphql')), parse(text))).toEqual([]),
    ts: (text) => expect(parseSync('example.ts', text).errors).toEqual([]),
    // The same as `npm run registry-config` prints.
    yaml: (text) => expect(registryConfig(exampleRegistry).replaceAll('"', '')).toContain(text),
    sql: (text) => expect(text).toMatch(/^(create \w+ [^;]+;\n)+$/),
    text: (text) => expect(text).not.toBe(''),
  }
  const exampleRegistry = {
    publicUrl: 'https://postern.example.com',
    service: 'registry',
    issuer: 'postern',
    rootCertificates: '/etc/docker/registry/postern.crt',
    eventsSecret: 'REGISTRY_EVENTS_SECRET',
    storage: '/var/lib/registry',
  }

  it.each(blocks.map((block, index) => ({ index, ...block })))(
    'has a block of $language under $heading that is well-formed ($index)',
    ({ language, text }) => {
      expect(Object.keys(parsers)).toContain(language)
      parsers[language]?.(text)
    },
  )

  it('sets out scopes that are accepted', () => {
    const examples = blocks.filter(({ section, language }) => section === 'What a token may do' && language === 'json')
    expect(examples).toHaveLength(1)
    const faults = new Faults()
    parseScopes(JSON.parse(examples[0]?.text ?? ''), 'acme', ['scopes'], faults)
    expect(() => faults.refuseIfAny()).not.toThrow()
  })

  it('has the permissions of the catalogue, with what each includes', () => {
    const rows = rowsOf('What a token may do').filter((cells) => cells.length === 4)
    expect(rows.map(([permission, on, , includes = '']) => [bare(permission), bare(on), codeSpans(includes)])).toEqual(
      permissionDefinitions.map(({ permission, resource, includes }) => [permission, resource, includes]),
    )
  })

  it('has the limits of the plans', () => {
    const limits = ([plan, tokens, pulls, activityDays]: string[]) => [
      bare(plan),
      {
        tokens: Number(tokens),
        pulls: pulls === 'unlimited' ? null : Number(pulls),
        activityDays: Number(activityDays),
      },
    ]
    expect(Object.fromEntries(rowsOf('Limits').map(limits))).toEqual(defaultPlanTable)
  })

  it('starts a service with the flags of npm start', () => {
    const { start } = JSON.parse(read('package.json')).scripts
    expect(readme.replaceAll(/ \\\n +/g, ' ')).toContain(`exec node_modules/.bin/${start}\n`)
  })

  it('has every code of a user error', () => {
    const codes = /^The codes: (.*?)\. /ms.exec(readme)?.[1] ?? ''
    expect(codeSpans(codes)).toEqual(userErrorCodes)
  })
})

describe('the table of configuration', () => {
  const rows = rowsOf('Configuration').map(([name, defaultValue = '']) => ({ name: bare(name), defaultValue }))
  const given = { SECRET_KEY: 'a key for nothing but this test file' }

  it('has every variable that src/config.ts reads, and no other', () => {
    const source = read('src/config.ts')
    const named = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): |given\.([A-Z_]+)/gm)].map(([, a, b]) => a ?? b ?? '')
    const variables = new Set(named.filter((name) => !name.endsWith('_FILE')))
    expect(rows.map(({ name }) => name).sort()).toEqual([...variables].sort())
  })

  it.each(rows.filter(({ defaultValue }) => /^`[^`]+`$/.test(defaultValue)))('has the default of $name', (row) => {
    expect(loadConfig({ ...given, [row.name]: bare(row.defaultValue) })).toEqual(loadConfig(given))
  })

  it('names the variables that can stand in a file, and no other', () => {
    const takesFile = (name: string) => {
      try {
        return loadConfig({ ...given, [`${name}_FILE`]: join(root, 'no such file') }) === undefined
      } catch {
        return true
      }
    }
    const named = codeSpans(withoutBlocks(readme)).filter((code) => /^[A-Z_]+_FILE$/.test(code))
    const taken = rows.map(({ name }) => name).filter(takesFile)
    expect(new Set(named)).toEqual(new Set(taken.map((name) => `${name}_FILE`)))
  })
})

describe.each(documents)('%s', (path) => {
  const markdown = read(path)

  it('links to what is there', () => {
    const links = [...withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    const broken = links.filter((link) => !/^https?:/.test(link) && !resolves(path, link))
    expect(broken).toEqual([])
  })

  it('names files that are there', () => {
    const named = codeSpans(withoutBlocks(markdown)).filter((code) =>
      /^(src|test|schema|migrations|docs|\.ci)\/[\w./-]*$/.test(code),
    )
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  it('names npm scripts that are there', () => {
    const named = [...markdown.matchAll(/\bnpm (?:run (?:--silent )?([\w-]+)|(start|test)\b)/g)]
    expect(named.map(([, run, own]) => run ?? own ?? '').filter((script) => !scripts.includes(script))).toEqual([])
  })
})

function resolves(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? from : join(dirname(from), file)
  if (!existsSync(join(root, target))) return false
  if (anchor === undefined) return true
  const titles = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase())
  return titles.some((title) => title.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-') === anchor)
}

describe('CONTRIBUTING.md', () => {
  it('has every npm script', () => {
    const table = read('CONTRIBUTING.md')
    const isNamed = (script: string) => table.match(`npm (run (--silent )?)?${script}\\b`)
    expect(scripts.filter((script) => script !== 'prestart' && !isNamed(script))).toEqual([])
  })
})
