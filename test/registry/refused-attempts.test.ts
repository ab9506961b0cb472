import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DeactivateTokenDocument,
  RefusedAttemptsDocument,
  type RefusedAttemptsQuery,
  RotateTokenDocument,
  SignInDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { Notice } from '../../src/domain/model/notice.ts'
import { RefusedAttempt as RefusedAttempts } from '../../src/domain/model/refused-attempt.ts'
import { pruneRefusedAttempts } from '../../src/domain/refusal/refused-attempt-store.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Allowed, Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'
import { expire } from '../token/arrange.ts'

const pullApp = 'repository:acme/app:pull'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
})
afterAll(() => postern.stop())

type Refused = NonNullable<
  Allowed<RefusedAttemptsQuery>['organization']
>['accessTokens']['nodes'][number]['refusedAttempts'][number]

async function attempts(client = owner) {
  const { organization } = await client.execute(RefusedAttemptsDocument, { organization: 'acme' })
  return organization
}

async function attemptsOf(token: string): Promise<readonly Refused[]> {
  return (await attempts())?.accessTokens.nodes.find(({ id }) => id === token)?.refusedAttempts ?? []
}

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }'

/** Waits for what is written shortly after. */
const soon = { timeout: 30_000 }

/** Waits until a new attempt is written: all earlier ones are written by then. */
async function laterAttemptIsWritten(): Promise<void> {
  const { id, secret } = await generateToken(owner)
  await logIn('globex', secret, '198.51.100.11')
  await expect.poll(() => attemptsOf(id), soon).toHaveLength(1)
}

/** Logs in from an address, which a trusted proxy reports. */
async function logIn(username: string, password: string, address: string, scopes: readonly string[] = []) {
  const query = new URLSearchParams({ service: 'registry' })
  for (const scope of scopes) query.append('scope', scope)
  const { status, headers } = await fetch(`${postern.url}/token?${query}`, {
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'x-forwarded-for': address,
      'user-agent': 'docker/29',
    },
  }).then(async (response) => ({ status: response.status, headers: response.headers, body: await response.text() }))
  return { status, wait: headers.get('retry-after') }
}

describe('the attempts of a token', () => {
  it('the attempts of a token are listed by reason and address, and repeated ones are counted', async () => {
    const { id, secret } = await generateToken(owner)
    await owner.execute(DeactivateTokenDocument, { id })
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await logIn('acme', secret, '198.51.100.1')).toMatchObject({ status: 401 })
    await logIn('acme', secret, '198.51.100.2')
    await expect.poll(() => attemptsOf(id), soon).toHaveLength(2)
    await expect
      .poll(
        async () => (await attemptsOf(id)).toSorted((a, b) => String(a.ipAddress).localeCompare(b.ipAddress ?? '')),
        soon,
      )
      .toMatchObject([
        {
          reason: 'TOKEN_INACTIVE',
          attempts: 3,
          ipAddress: '198.51.100.1',
          client: 'docker/29',
          message: expect.stringMatching(/inactive.*\.$/),
        },
        { reason: 'TOKEN_INACTIVE', attempts: 1, ipAddress: '198.51.100.2' },
      ])
  })

  it.each([
    ['TOKEN_EXPIRED', async (id: string): Promise<void> => expire(postern.em(), id)],
    ['ROTATED_SECRET', async (id: string): Promise<void> => void (await owner.execute(RotateTokenDocument, { id }))],
  ] as const)('contain %s', async (reason, end) => {
    const { id, secret } = await generateToken(owner)
    await end(id)
    expect(await logIn('acme', secret, '198.51.100.3')).toMatchObject({ status: 401 })
    await expect.poll(() => attemptsOf(id), soon).toMatchObject([{ reason }])
    // Also at the other endpoint.
    expect((await postern.client(secret).send({ query: '{ viewer { organization { name } } }' })).status).toBe(401)
    await expect.poll(() => attemptsOf(id), soon).toHaveLength(2)
  })

  it('cause a notification if a rotated secret is used late, once', async () => {
    const { id, secret } = await generateToken(owner)
    await owner.execute(RotateTokenDocument, { id })
    for (let attempt = 0; attempt < 2; attempt++) await logIn('acme', secret, '198.51.100.3')
    expect(await postern.em().find(Notice, { tokenId: id })).toMatchObject([
      { kind: 'ROTATED_SECRET_USED_LATE', data: { ipAddress: '198.51.100.3', hint: secret.slice(-4) } },
    ])
  })

  it('contain WRONG_USERNAME, which is not a use of the token', async () => {
    const { id, secret } = await generateToken(owner)
    await logIn('globex', secret, '198.51.100.4')
    await expect.poll(() => attemptsOf(id), soon).toMatchObject([{ reason: 'WRONG_USERNAME' }])
    expect((await postern.em().findOneOrFail(AccessToken, { id })).deactivatedAt).toBeNull()
  })

  it('contain the missing permission and the repository', async () => {
    const scopes = [{ resource: 'REPOSITORY' as const, path: 'acme/app', permissions: ['IMAGE_PULL' as const] }]
    const { id, secret } = await generateToken(owner, { scopes })
    // A request for everything means whatever is allowed.
    const everything = (await generateToken(owner, { scopes })).secret
    expect(await logIn('acme', everything, '198.51.100.5', ['repository:acme/app:*'])).toMatchObject({ status: 200 })
    const asked = ['repository:acme/app:pull,push', 'repository:acme/other:pull']
    expect(await logIn('acme', secret, '198.51.100.5', asked)).toMatchObject({ status: 200 })
    await expect
      .poll(
        async () =>
          (await attemptsOf(id)).map(({ repository, permission }) => `${repository} ${permission}`).toSorted(),
        soon,
      )
      .toEqual(['acme/app IMAGE_PUSH', 'acme/other IMAGE_PULL'])
    expect(await attemptsOf(id)).toMatchObject(Array(2).fill({ reason: 'PERMISSION_MISSING' }))
  })

  it('contain a used-up pull limit', async () => {
    const { id, secret } = await generateToken(owner, { pullLimit: 1 })
    expect(await logIn('acme', secret, '198.51.100.6', [pullApp])).toMatchObject({ status: 200 })
    expect(await logIn('acme', secret, '198.51.100.8', [pullApp])).toMatchObject({ status: 429 })
    await expect.poll(() => attemptsOf(id), soon).toMatchObject([{ reason: 'PULL_LIMIT_REACHED' }])
  })

  it('contain nothing that succeeded', async () => {
    const { id, secret } = await generateToken(owner)
    expect(await logIn('acme', secret, '198.51.100.7', [pullApp])).toMatchObject({ status: 200 })
    await owner.execute(UpdateTokenDocument, { id, input: { label: 'seen' } })
    await laterAttemptIsWritten()
    expect(await attemptsOf(id)).toEqual([])
  })
})

describe('the attempts of a name', () => {
  it('the attempts of an organization are those with its name, and not those of its tokens', async () => {
    await logIn('acme', mintSecret('pstn', 'oat').reveal(), '198.51.100.8')
    await expect
      .poll(async () => (await attempts())?.refusedAttempts, soon)
      .toMatchObject([{ reason: 'UNKNOWN_SECRET', ipAddress: '198.51.100.8', attempts: 1 }])
  })

  it('the attempts of an organization are unknown secrets and no wrong passwords, in any case', async () => {
    await logIn('acme', 'hunter2', '198.51.100.18')
    await logIn('ACME', 'not-a-token', '198.51.100.18')
    const input = { username: 'Acme', password: 'the password of nobody' }
    await postern.client().send({ query: signIn, variables: { input } }, { 'x-forwarded-for': '198.51.100.19' })
    const found = async () =>
      ((await attempts())?.refusedAttempts ?? [])
        .filter(({ ipAddress }) => /^198.51.100.1[89]$/.test(ipAddress ?? ''))
        .map(({ reason, ipAddress, attempts }) => ({ reason, ipAddress, attempts }))
        .toSorted((a, b) => a.attempts - b.attempts)
    await expect.poll(found, soon).toEqual([
      { reason: 'UNKNOWN_SECRET', ipAddress: '198.51.100.19', attempts: 1 },
      { reason: 'UNKNOWN_SECRET', ipAddress: '198.51.100.18', attempts: 2 },
    ])
  })

  it('the attempts of a person are wrong passwords, at both endpoints, and visible to nobody else', async () => {
    const [ida, bob] = [await postern.signUp('ida'), await postern.signUp('bob')]
    const wrong = { input: { username: 'ida', password: 'not the password' } }
    await postern.client().execute(SignInDocument, wrong)
    await logIn('ida', 'not the password either', '198.51.100.9')
    const query = '{ user(username: "ida") { refusedAttempts { reason attempts } } }'
    const seenBy = async (client: Client) => (await client.send({ query })).body.data
    await expect
      .poll(() => seenBy(ida.client), soon)
      .toEqual({ user: { refusedAttempts: Array(2).fill({ reason: 'WRONG_PASSWORD', attempts: 1 }) } })
    expect(await seenBy(bob.client)).toEqual({ user: { refusedAttempts: null } })
  })

  it('the attempts of a name are not recorded if nobody has the name', async () => {
    const before = await postern.em().count(RefusedAttempts, {})
    for (const name of ['nobody-at-all', 'NOT A NAME', ''])
      await logIn(name, mintSecret('pstn', 'oat').reveal(), '198.51.100.10')
    await laterAttemptIsWritten()
    expect(await postern.em().count(RefusedAttempts, {})).toBe(before + 1)
  })
})

describe('a flood of attempts', () => {
  it('leaves the latest fifty of an organization, without a statement for each', async () => {
    const wrong = mintSecret('pstn', 'oat').reveal()
    const statements = await statementsOf(async () => {
      for (let round = 0; round < 20; round++)
        await Promise.all(Array.from({ length: 50 }, (_, index) => logIn('acme', wrong, `203.0.${round}.${index}`)))
    })
    expect(statements.filter((text) => text.includes('into refused_attempt')).length).toBeLessThan(60)
    const kept = () => postern.em().count(RefusedAttempts, { tokenId: null, reason: 'UNKNOWN_SECRET' })
    await expect.poll(kept, soon).toBe(50)
  })

  it('attempts are deleted after a month', async () => {
    await pruneRefusedAttempts(postern.em(), new Date(Date.now() + 31 * 24 * 60 * 60 * 1000))
    expect(await postern.em().count(RefusedAttempts, {})).toBe(0)
  })
})

it('every attempt gets the same response', async () => {
  const { id, secret } = await generateToken(owner)
  await owner.execute(DeactivateTokenDocument, { id })
  const responses = await Promise.all(
    [secret, mintSecret('pstn', 'oat').reveal(), `${secret}x`].map((password) =>
      askForToken(postern.url, { login: acme(password), scopes: [] }),
    ),
  )
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401]))
  expect(new Set(responses.map(({ body }) => JSON.stringify(body))).size).toBe(1)
})
