import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ApproveDeviceDocument,
  UpdateOrganizationPolicyDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { tryToGenerate } from '../token/arrange.ts'
import { blocksOf, firstCode, read, rowsOf } from './markdown.ts'

let postern: Postern
let owner: Client
let directory: string
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  directory = await mkdtemp(join(tmpdir(), 'postern-docs-'))
})
afterAll(async () => {
  await postern.stop()
  await rm(directory, { recursive: true })
})

/** Runs the only shell block of a page, with the address and the files of this test. */
async function runBlock(page: string, env: Record<string, string> = {}): Promise<string> {
  const [block = '', ...others] = shellBlocks(page)
  expect(others).toEqual([])
  return runScript(block, env)
}

function shellBlocks(page: string): string[] {
  return blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
}

async function runScript(text: string, env: Record<string, string> = {}): Promise<string> {
  const script = text
    .replaceAll('http://127.0.0.1:4000', postern.url)
    .replaceAll('https://postern.example.com', postern.url)
    .replaceAll('/etc/docker/registry', directory)
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  return stdout
}

describe('a documented request', () => {
  it('fetches the certificate: docs/guides/attach-a-registry.md', async () => {
    await runBlock('docs/guides/attach-a-registry.md')
    expect(await readFile(join(directory, 'postern.crt'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  })

  it('rotates a token once for one key: docs/guides/rotation.md', async () => {
    const { accessToken } = await tryToGenerate(owner)
    const env = { SESSION: owner.token ?? '', TOKEN: accessToken?.id ?? '' }
    const rotate = () => runScript(shellBlocks('docs/guides/rotation.md')[0] ?? '', env)
    const [first, second] = [JSON.parse(await rotate()).data.rotateToken, JSON.parse(await rotate()).data.rotateToken]
    expect(first).toMatchObject({ secret: expect.stringMatching(/^pstn_oat_/), userErrors: [] })
    expect(first.accessToken.secrets).toHaveLength(2)
    expect(second).toMatchObject({ secret: null, userErrors: [] })
  })

  it('rotates a token with itself, and stores the new secret: docs/guides/rotation.md', async () => {
    const input = { allowTokenSelfRotation: true }
    await owner.execute(UpdateOrganizationPolicyDocument, { organization: 'acme', input })
    const permissions = ['TOKEN_ROTATE_SELF' as const]
    const { id, secret } = await generateToken(owner, {
      scopes: [{ resource: 'ORGANIZATION', path: 'acme', permissions }],
    })
    const file = join(directory, 'secret')
    await writeFile(file, secret)
    const rotate = () => runScript(shellBlocks('docs/guides/rotation.md')[1] ?? '', { TOKEN: id, SECRET_FILE: file })
    const secrets = [secret]
    for (let time = 0; time < 2; time++) {
      await rotate()
      secrets.push((await readFile(file, 'utf8')).trim())
      await postern.client(secrets.at(-1)).execute(ViewerDocument, {})
    }
    expect(new Set(secrets).size).toBe(3)
    // The one before the last still has its grace period, and cannot rotate the token any more.
    await writeFile(file, secrets[1] ?? '')
    await expect(rotate()).rejects.toThrow()
    expect(await readFile(file, 'utf8')).toBe(secrets[1])
  })

  it('exports the activity: docs/guides/activity.md', async () => {
    const csv = await runBlock('docs/guides/activity.md', { TOKEN: owner.token ?? '' })
    expect(csv.split('\n', 1)[0]).toContain('action')
  })
})

describe('docs/guides/personal-tokens.md', () => {
  it('signs in a device that a person approves', async () => {
    const [ask = '', poll = ''] = shellBlocks('docs/guides/personal-tokens.md')
    const asked = JSON.parse(await runScript(ask))
    const env = { DEVICE_CODE: asked.device_code }
    expect(JSON.parse(await runScript(poll, env)).error).toBe('authorization_pending')
    await owner.execute(ApproveDeviceDocument, { userCode: asked.user_code })
    await new Promise((resume) => setTimeout(resume, asked.interval * 1_000))
    expect(JSON.parse(await runScript(poll, env)).access_token).toMatch(/^pstn_pat_/)
  })
})

describe('docs/reference/limits.md', () => {
  const page = 'docs/reference/limits.md'
  const [nested, alone] = blocksOf(page).filter(({ language }) => language === 'graphql')

  it('shows a connection inside a list that costs what the page says', async () => {
    const { status, body } = await owner.send({ query: nested?.text })
    expect(status).toBe(400)
    expect(read(page).replaceAll(/\s+/g, ' ')).toContain(`\`${body.errors?.[0]?.message}\``)
  })

  it('shows a query for the same that is within the limits', async () => {
    const { body } = await owner.send({ query: alone?.text })
    expect(body.errors).toBeUndefined()
  })

  it('says that a page that is too long is an error of its field, with status 200', async () => {
    const query = '{ viewer { user { username } organizations(first: 101) { nodes { id } } } }'
    const { status, body } = await owner.send({ query })
    expect(status).toBe(200)
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })

  it('says that a body that is too large gets status 413', async () => {
    const { status } = await owner.send({ query: `{ viewer { user { id } } } #${' '.repeat(256 * 1024)}` })
    expect(status).toBe(413)
  })
})

describe('docs/reference/schema.md', () => {
  const routes = rowsOf('docs/reference/schema.md', 'HTTP routes')
    .flatMap(([cell = '']) => cell.split(', ').map(firstCode))
    .map((route) => ({ route }))

  it.each(routes)('names a route that exists: $route', async ({ route }) => {
    const [method = '', path = ''] = route.split(' ')
    const response = await fetch(postern.url + path.replace('{name}', 'acme'), { method })
    expect(await response.text()).not.toContain('There is nothing at')
  })

  it('would notice a route that does not exist', async () => {
    const response = await fetch(`${postern.url}/no-such-route`)
    expect(await response.text()).toContain('There is nothing at')
  })
})
