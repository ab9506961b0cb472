import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Block, blocksOf } from './markdown.ts'
import { prepareWalk, type Walk } from './walk.ts'

const programs = ['docker-registry', 'docker', 'skopeo', 'curl', 'openssl']
const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined)
const skipped = missing.length > 0 && !process.env.CI
const because = skipped ? ` (skipped, not on the PATH: ${missing.join(', ')})` : ''

const guide = 'docs/guides/first-login.md'
const shellBlocks = blocksOf(guide).filter(({ language }) => language === 'sh')
const tlsBlocks = shellBlocks.filter(({ heading }) => heading === 'When docker requires TLS')
const loginBlocks = shellBlocks.filter(({ heading }) => heading === '5. Log in')

/** A docker client from 28.5 on does not use plain HTTP without an engine. */
const usesHttp = versionOf('docker') < 28.05

let walk: Walk
beforeAll(async () => {
  walk = await prepareWalk()
})
afterAll(() => walk.remove())

describe.skipIf(skipped)(`the guide to the first login${because}`, () => {
  let stdout: string
  beforeAll(async () => {
    stdout = await walk.run(scriptOf(inReadingOrder()))
  }, 450_000)

  it('logs a docker client in with a token that was just generated', () => {
    expect(stdout.match(/^Login Succeeded$/gm)).toHaveLength(usesHttp ? 2 : 1)
  })

  it('gets responses without errors, and a token that is used after a push and a pull', () => {
    const responses = stdout.split('\n').filter((line) => /^\{"(data|errors)"/.test(line))
    expect(responses).toHaveLength(shellBlocks.filter(({ text }) => text.includes('/graphql \\')).length)
    for (const response of responses) {
      expect(JSON.parse(response)).toEqual({ data: expect.any(Object), extensions: { cost: expect.any(Object) } })
      expect(response).not.toMatch(/"userErrors":\[[^\]]/)
    }
    const { organization } = JSON.parse(responses.at(-1) ?? '').data
    expect(organization.repositories.nodes).toEqual([{ name: 'acme/readme', visibility: 'PRIVATE' }])
    expect(organization.accessTokens.nodes).toEqual([
      { label: 'ci', status: 'ACTIVE', lastUsedAt: expect.any(String), usageLimit: { used: 1, limit: null } },
    ])
  })

  it('leaves no process and no credentials, and the database in data', async () => {
    for (const port of Object.values(walk.ports)) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    const { auths = {} } = JSON.parse(await readFile(join(walk.home, '.docker', 'config.json'), 'utf8'))
    expect(Object.keys(auths)).toEqual(['unused.invalid'])
    expect(globSync(['registry.*', 'readme*', 'data/postgres.password'], { cwd: walk.checkout })).toEqual([
      'data/postgres.password',
    ])
  })
})

describe('the guide to the first login, as text', () => {
  it('unsets every variable that its blocks set', () => {
    const text = shellBlocks.map((block) => block.text).join('\n')
    const assigned = [...text.matchAll(/^(?:export )?([A-Z_]+=.*)$/gm)].flatMap(([, line = '']) =>
      [...line.matchAll(/(?:^| )([A-Z_]+)=/g)].map(([, name]) => name),
    )
    const unset = /^unset (.*)$/m.exec(text)?.[1]?.split(' ') ?? []
    expect(unset.sort()).toEqual([...new Set(assigned)].sort())
  })

  it('lets every curl say why it failed', () => {
    for (const { text } of [...shellBlocks, ...blocksOf('README.md')])
      for (const [command] of text.matchAll(/^.*\bcurl -(?:.*(?:\\|\|\|)\n)*.*$/gm))
        expect(command).toMatch(/curl -sS |\|\|\n? +(echo|cat) /)
  })
})

describe.skipIf(skipped)(`the login of the README${because}`, () => {
  const password = 'a password for nothing but this test'
  // The checkout is built by now; without its data, it is a new one.
  beforeAll(() => rm(join(walk.checkout, 'data'), { recursive: true, force: true }))

  it('logs docker in with fewer than ten lines', async () => {
    const [block, ...others] = blocksOf('README.md').filter(({ heading }) => heading === 'Log in with docker')
    expect(others).toEqual([])
    expect(block?.text.trimEnd().split('\n').length).toBeLessThan(10)
    expect(block?.text).toContain("PASSWORD='the password that npm start printed'\n")
    const login = block?.text.replace('the password that npm start printed', password) ?? ''
    const start = blocksOf(guide).find(({ heading }) => heading === '2. Start Postern')?.text ?? ''
    const certificate = /^openssl [\s\S]*?registry\.crt\n/m.exec(tlsBlocks[0]?.text ?? '')?.[0]
    const exported = /^export REGISTRY_HTTP_TLS.*\n/m.exec(tlsBlocks[0]?.text ?? '')?.[0]
    const stdout = await walk.run(
      [
        start.replace(/^export ADMIN_PASSWORD=.*$/m, `export ADMIN_PASSWORD='${password}'`),
        ...(usesHttp ? [] : [certificate, exported]),
        login,
      ].join('\n'),
    )
    expect(stdout).toMatch(/^Login Succeeded$/m)
    const { auths } = JSON.parse(await readFile(join(walk.home, '.docker', 'config.json'), 'utf8'))
    const credentials = Buffer.from(auths[`127.0.0.1:${walk.ports.registry}`].auth, 'base64').toString()
    expect(credentials).toMatch(/^admin:pstn_pat_\w+$/)
  }, 450_000)
})

/** Major and minor version as a number: 28.05 for 28.5.2. */
function versionOf(program: string): number {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(String(spawnSync(program, ['--version']).stdout)) ?? []
  return Number(major) + Number(minor) / 100
}

/** A docker client that does not use HTTP goes to the TLS section where the guide says so. */
function inReadingOrder(): Block[] {
  expect(tlsBlocks).toHaveLength(1)
  expect(loginBlocks).toHaveLength(1)
  if (usesHttp) return shellBlocks
  return shellBlocks
    .filter((block) => !tlsBlocks.includes(block))
    .flatMap((block) => (loginBlocks.includes(block) ? tlsBlocks : block))
}

/** One script of all blocks, without the commands that install what the machine has. */
function scriptOf(blocks: readonly Block[]): string {
  const text = blocks.map((block) => block.text).join('\n')
  expect(text.match(/^(sudo .*|npm ci)\n/gm)).toHaveLength(3)
  return text.replaceAll(/^(sudo .*|npm ci)\n/gm, '')
}
