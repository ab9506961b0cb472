import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { AccessTokensDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { digestOf, imageIndex, reportServed, type ServedRequest } from '../harness/registry-reports.ts'
import { acme, askForToken, postForToken } from '../harness/token-endpoint.ts'

// A usage window begins at 6:00. Each test has hours of its own.
let now = Date.UTC(2030, 4, 6, 6)

const address = '192.0.2.1'
const userAgents = {
  containerd: 'containerd/2.1.9+unknown',
  docker:
    'docker/28.5.2 go/go1.24.9 git-commit/e77ff99 kernel/6.1.0 os/linux arch/amd64 UpstreamClient(Docker-Client/28.5.2 \\(linux\\))',
  regclient: 'regclient/regsync (v0.9.2)',
}

let postern: Postern
let owner: Client

beforeAll(async () => {
  vi.setSystemTime(now)
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  for (const path of ['app', 'lib', ...Array.from({ length: 20 }, (_, index) => `repo${index}`)])
    await createRepository(owner, `acme/${path}`, 'PUBLIC')
  await reportServed(postern, { subject: (await generateToken(owner)).id })
})
afterAll(async () => {
  vi.useRealTimers()
  await postern.stop()
})

function pass(seconds: number): void {
  now += seconds * 1000
  vi.setSystemTime(now)
}

const generate = (pullLimit: number) =>
  generateToken(owner, { pullLimit, scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }] })

async function usedBy(id: string) {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  return organization?.accessTokens.nodes.find((token) => token.id === id)?.usageLimit.used
}

const pullOf = (path: string) => `repository:acme/${path}:pull`

interface Token {
  readonly id: string
  readonly secret: string
}

/** Sends GET, like docker and regclient, and returns the status. */
async function get(token: Token, client: keyof typeof userAgents, scopes: readonly string[]): Promise<number> {
  const headers = { 'x-forwarded-for': address, 'user-agent': userAgents[client] }
  return (await askForToken(postern.url, { login: acme(token.secret), scopes, headers })).status
}

/** Sends POST, like containerd. Null: anonymous, for which containerd sends GET. */
async function post(token: Token | null, from = address): Promise<number> {
  const headers = { 'x-forwarded-for': from, 'user-agent': userAgents.containerd }
  if (token === null) return (await askForToken(postern.url, { scopes: [pullOf('app')], headers })).status
  const form = { grant_type: 'password', username: 'acme', password: token.secret, scope: pullOf('app') }
  return (await postForToken(postern.url, form, headers)).status
}

const report = (client: keyof typeof userAgents, ...requests: readonly ServedRequest[]) =>
  reportServed(postern, ...requests.map((request) => ({ address, userAgent: userAgents[client], ...request })))

/** One pull by containerd: a grant for a HEAD, and another for the rest. */
async function containerdPull(token: Token | null, from = address): Promise<boolean> {
  const subject = token?.id ?? ''
  if ((await post(token, from)) !== 200) return false
  await report('containerd', { subject, method: 'HEAD', tag: '1.0', address: from })
  if ((await post(token, from)) !== 200) return false
  await report('containerd', { subject, address: from })
  return true
}

describe('containerd', () => {
  it('pulls as often as the limit says, though it requests two grants for each pull', async () => {
    const token = await generate(20)
    for (let pulls = 1; pulls <= 20; pulls++) {
      expect(await containerdPull(token)).toBe(true)
      expect(await usedBy(token.id)).toBe(pulls)
      pass(1)
    }
    expect(await containerdPull(token)).toBe(false)
    expect(await usedBy(token.id)).toBe(20)
  })

  it('pulls 100 images from one address anonymously, and no more', async () => {
    let pulls = 0
    while (pulls <= 100 && (await containerdPull(null, '203.0.113.1'))) pulls++
    expect(pulls).toBe(100)
    expect(await containerdPull(null, '203.0.113.2')).toBe(true)
  })
})

describe('an anonymous client that does not pull', () => {
  it('releases its pulls soon after the life of its grants', async () => {
    const from = '203.0.113.3'
    for (let index = 0; index < 100; index++) {
      const headers = { 'x-forwarded-for': from, 'user-agent': `client-${index}` }
      expect((await askForToken(postern.url, { scopes: [pullOf('app')], headers })).status).toBe(200)
    }
    expect(await post(null, from)).toBe(429)
    pass(75)
    expect(await post(null, from)).toBe(200)
  })

  it('an anonymous client that does not pull has used the reported pulls of its address', async () => {
    const [client, proxy] = ['203.0.113.4', '198.51.100.1']
    const pulls = async (network: string) =>
      (await postern.em().execute('select pulls from anonymous_usage_window where network = ?', [network]))[0]?.pulls
    const headers = { 'x-forwarded-for': client, 'user-agent': userAgents.docker }
    expect((await askForToken(postern.url, { scopes: [pullOf('lib')], headers })).status).toBe(200)
    const served = { subject: '', repository: 'acme/lib', address: proxy }
    await report('docker', served)
    expect([await pulls(client), await pulls(proxy)]).toEqual([1, undefined])
    await report('docker', served)
    expect([await pulls(client), await pulls(proxy)]).toEqual([1, 1])
  })
})

describe('docker', () => {
  it('checks an image that is up to date 20 times, and has used no pull', async () => {
    const token = await generate(5)
    for (let checks = 0; checks < 20; checks++) {
      expect(await get(token, 'docker', [pullOf('app')])).toBe(200)
      await report('docker', { subject: token.id, method: 'HEAD', tag: '1.0' })
      expect(await usedBy(token.id)).toBe(0)
      pass(2)
    }
    pass(10)
    for (let pulls = 0; pulls < 5; pulls++) {
      expect(await get(token, 'docker', [pullOf('app')])).toBe(200)
      await report('docker', { subject: token.id, method: 'HEAD', tag: '1.0' }, { subject: token.id })
    }
    expect(await usedBy(token.id)).toBe(5)
    expect(await get(token, 'docker', [pullOf('app')])).toBe(429)
  })

  it('pulls an image for several platforms once, by index and manifest', async () => {
    const token = await generate(1)
    expect(await get(token, 'docker', [pullOf('app')])).toBe(200)
    const index = { subject: token.id, mediaType: imageIndex, digest: digestOf('1') }
    await report('docker', { ...index, method: 'HEAD', tag: '1.0' }, index, { subject: token.id })
    expect(await usedBy(token.id)).toBe(1)
    expect(await get(token, 'docker', [pullOf('app')])).toBe(429)
  })
})

describe('a client that requests grants and pulls nothing', () => {
  it('is granted a sixth pull of the same repository with a limit of 5, and others later', async () => {
    const token = await generate(5)
    for (let grants = 0; grants < 6; grants++) expect(await get(token, 'docker', [pullOf('lib')])).toBe(200)
    expect(await usedBy(token.id)).toBe(1)
    const others = Array.from({ length: 5 }, (_, index) => pullOf(`repo${index}`))
    for (const scope of others.slice(0, 4)) expect(await get(token, 'docker', [scope])).toBe(200)
    expect(await get(token, 'docker', others.slice(4))).toBe(429)
    pass(75)
    expect(await get(token, 'docker', others.slice(4))).toBe(200)
    expect(await usedBy(token.id)).toBe(1)
  })
})

describe('regclient', () => {
  it('checks 20 repositories with a limit of 20, though each request repeats all scopes before it', async () => {
    const token = await generate(20)
    for (let round = 0; round < 2; round++) {
      const scopes: string[] = []
      for (let index = 0; index < 20; index++) {
        scopes.push(pullOf(`repo${index}`))
        expect(await get(token, 'regclient', scopes)).toBe(200)
        await report('regclient', {
          subject: token.id,
          method: 'HEAD',
          repository: `acme/repo${index}`,
          tag: '1.0',
        })
      }
      expect(await usedBy(token.id)).toBe(0)
    }
  })
})
