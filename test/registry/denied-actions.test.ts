import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Permission, RefusedAttemptsDocument } from '../../schema/typed-documents.ts'
import { RefusedAttempt } from '../../src/domain/model/refused-attempt.ts'
import type { Client } from '../harness/client.ts'
import {
  adminPassword,
  createOrganization,
  createRepository,
  generateToken,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, askForToken, grantsIn, postForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  for (const name of ['acme/app', 'acme/base', 'acme/lib']) await createRepository(owner, name)
})
afterAll(() => postern.stop())

/** A token with a permission on `acme/app` only. */
const tokenWith = (permission: Permission) =>
  generateToken(owner, { scopes: [{ resource: 'REPOSITORY', path: 'acme/app', permissions: [permission] }] })

/** What the token was denied, once everything is written. */
async function deniedTo(token: { readonly id: string; readonly secret: string }): Promise<string[]> {
  await askForToken(postern.url, { login: { username: 'other', password: token.secret } })
  const attempts = async () => {
    const { organization } = await owner.execute(RefusedAttemptsDocument, { organization: 'acme' })
    return organization?.accessTokens.nodes.find(({ id }) => id === token.id)?.refusedAttempts ?? []
  }
  await expect
    .poll(async () => (await attempts()).map(({ reason }) => reason), { timeout: 30_000 })
    .toContain('WRONG_USERNAME')
  return (await attempts())
    .filter(({ reason }) => reason !== 'WRONG_USERNAME')
    .map(({ reason, repository, permission }) => [reason, repository, permission].filter(Boolean).join(' '))
    .toSorted()
}

describe('a token that may push', () => {
  it.each<[string, string[]]>([
    ['containerd, which mounts layers', ['repository:acme/app:pull', 'repository:acme/app:pull,push']],
    [
      'containerd, which mounts layers of other repositories',
      ['repository:acme/app:pull,push', 'repository:acme/base:pull', 'repository:globex/core:pull'],
    ],
    [
      'crane and skopeo, which copy from another repository',
      ['repository:acme/app:push,pull', 'repository:acme/lib:pull'],
    ],
    ['a push that may replace a list of referrers', ['repository:acme/app:delete,pull,push']],
    ['a request for everything', ['repository:acme/app:*', 'repository:acme/base:*']],
  ])('has no denied attempt after a push by %s', async (_client, scopes) => {
    const token = await tokenWith('IMAGE_PUSH')
    expect(grantsIn(await askForToken(postern.url, { login: acme(token.secret), scopes }))).toEqual({
      'acme/app': ['pull', 'push'],
    })
    const form = { grant_type: 'password', username: 'acme', password: token.secret, scope: scopes.join(' ') }
    expect((await postForToken(postern.url, form)).status).toBe(200)
    expect(await deniedTo(token)).toEqual([])
  })

  it.each<[string, string[], string[]]>([
    ['deletes as crane', ['repository:acme/app:delete', 'repository:acme/app:push,pull'], ['acme/app IMAGE_DELETE']],
    ['deletes as oras', ['repository:acme/app:delete,pull'], ['acme/app IMAGE_DELETE']],
    [
      'pushes to another repository, too',
      ['repository:acme/app:pull,push', 'repository:acme/lib:pull,push'],
      ['acme/lib IMAGE_PULL', 'acme/lib IMAGE_PUSH'],
    ],
    ['pulls from another repository', ['repository:acme/lib:pull'], ['acme/lib IMAGE_PULL']],
    ['pulls from both', ['repository:acme/app:pull', 'repository:acme/lib:pull'], ['acme/lib IMAGE_PULL']],
  ])('has a denied attempt if it %s', async (_what, scopes, denied) => {
    const token = await tokenWith('IMAGE_PUSH')
    await askForToken(postern.url, { login: acme(token.secret), scopes })
    expect(await deniedTo(token)).toEqual(denied.map((each) => `PERMISSION_MISSING ${each}`))
  })
})

describe('a token that may pull', () => {
  it('has a denied attempt if it pushes, as docker requests it', async () => {
    const token = await tokenWith('IMAGE_PULL')
    const scopes = ['repository:acme/app:push,pull', 'repository:acme/lib:pull']
    expect(grantsIn(await askForToken(postern.url, { login: acme(token.secret), scopes }))).toEqual({
      'acme/app': ['pull'],
    })
    expect(await deniedTo(token)).toEqual([
      'PERMISSION_MISSING acme/app IMAGE_PUSH',
      'PERMISSION_MISSING acme/lib IMAGE_PULL',
    ])
  })
})

describe('a name that no repository can have', () => {
  it.each([
    ['/project/image', '/project/image'],
    ['acme//app', 'acme//app'],
    ['Acme/app', 'Acme/app'],
    ['127.0.0.1:5000/acme/app', '127.0.0.1:5000/acme/app'],
    ['', ''],
    ['acme/\u0000app\u001b[31m\u202e\n', 'acme/ app [31m '],
    [`acme/${'ä'.repeat(400)}`, `acme/${'ä'.repeat(251)}`],
    ['acme/pstn_oat_TOKEN', 'acme/[secret]'],
  ])('is listed as it came, without control characters and secrets: %j', async (name, listed) => {
    const token = await tokenWith('IMAGE_PUSH')
    const scope = `repository:${name.replace('pstn_oat_TOKEN', token.secret)}:push,pull`
    const scopes = [scope, 'repository:acme/app:pull,push', scope]
    expect(grantsIn(await askForToken(postern.url, { login: acme(token.secret), scopes }))).toEqual({
      'acme/app': ['pull', 'push'],
    })
    expect(await deniedTo(token)).toEqual([['INVALID_REPOSITORY_NAME', listed].filter(Boolean).join(' ')])
  })

  it('leaves no trace if the client has no token, or requests another resource', async () => {
    const before = await postern.em().count(RefusedAttempt, { reason: 'INVALID_REPOSITORY_NAME' })
    const token = await tokenWith('IMAGE_PULL')
    await askForToken(postern.url, {
      login: acme(token.secret),
      scopes: ['registry:catalog:*', 'plugin:Acme/app:pull'],
    })
    await askForToken(postern.url, { scopes: ['repository:Acme/app:pull'] })
    const login = { username: 'admin', password: adminPassword }
    expect((await askForToken(postern.url, { login, scopes: ['repository:Acme/app:pull'] })).status).toBe(200)
    expect(await deniedTo(token)).toEqual([])
    expect(await postern.em().count(RefusedAttempt, { reason: 'INVALID_REPOSITORY_NAME' })).toBe(before)
  })
})

it('a request for hundreds of repositories adds fifty attempts at most', async () => {
  const token = await tokenWith('IMAGE_PULL')
  const scopes = Array.from({ length: 300 }, (_, index) => `repository:acme/none-${index}:pull`)
  await askForToken(postern.url, { login: acme(token.secret), scopes })
  const written = () => postern.em().count(RefusedAttempt, { tokenId: token.id })
  await expect.poll(written, { timeout: 30_000 }).toBe(50)
})
