import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignInDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { Session } from '../../src/domain/model/session.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret } from '../../src/domain/secrets/token-secret.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { userIdOf } from '../harness/callers.ts'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { recordedActions, recordedActivity } from './recorded-activity.ts'

let postern: Postern
let ada: Person

beforeAll(async () => {
  postern = await startPostern()
  ada = await postern.signUp('ada')
})
afterAll(() => postern.stop())

async function signIn(username: string, password: string, client = postern.client()) {
  return (await client.execute(SignInDocument, { input: { username, password } })).signIn
}

describe('signIn', () => {
  it('starts a session of a day', async () => {
    const before = Date.now()
    const { sessionToken, expiresAt, viewer, userErrors } = await signIn('ada', ada.password)
    const after = Date.now()
    expect(userErrors).toEqual([])
    expect(sessionToken).toMatch(/^pstn_ses_[0-9A-Za-z]{36}$/)
    expect(viewer).toEqual({ user: { username: 'ada' } })
    const day = 24 * 60 * 60 * 1000
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThanOrEqual(before + day)
    expect(Date.parse(expiresAt ?? '')).toBeLessThanOrEqual(after + day)
    const { viewer: later } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
    expect(later?.user?.username).toBe('ada')
  })

  it('accepts the username in any case', async () => {
    for (const username of ['Ada', 'ADA', 'aDa']) {
      const { viewer, userErrors } = await signIn(username, ada.password)
      expect({ viewer, userErrors }).toEqual({ viewer: { user: { username: 'ada' } }, userErrors: [] })
    }
    // The lower case of the Kelvin sign is k, but usernames cannot contain it.
    const { password } = await postern.signUp('kay')
    expect((await signIn('KAY', password)).userErrors).toEqual([])
    expect((await signIn('\u212Aay', password)).userErrors).toMatchObject([{ code: 'SIGN_IN_FAILED' }])
  })

  it('starts a new session for each sign-in', async () => {
    const [one, other] = await Promise.all([signIn('ada', ada.password), signIn('ada', ada.password)])
    expect(one.sessionToken).not.toBe(other.sessionToken)
    for (const { sessionToken } of [one, other])
      expect((await postern.client(sessionToken ?? '').execute(ViewerDocument, {})).viewer?.user?.username).toBe('ada')
  })

  it('stores only the hash of the session token', async () => {
    const { sessionToken } = await signIn('ada', ada.password)
    const rows = JSON.stringify(await postern.em().execute('select to_jsonb(s)::text as line from session s'))
    const random = (sessionToken ?? '').slice(9, -6)
    expect(random).toHaveLength(30)
    expect(rows).not.toContain(random)
    expect(rows).not.toContain(Buffer.from(random).toString('hex'))
    const hash = hashSecret(sessionToken ?? '', deriveKeys(postern.config.secretKey).tokenHashKey)
    expect(rows).toContain(hash.toString('hex'))
  })

  it('records a sign-in with its origin, and records no failed attempt', async () => {
    const { username, password } = await postern.signUp('brit')
    await signIn('brit', 'a wrong password')
    expect(await recordedActions(postern, 'brit')).toEqual(['user.sign_up'])
    await postern.client().send(
      {
        query: 'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }',
        variables: { input: { username, password } },
      },
      { 'user-agent': 'a frontend/1.0' },
    )
    const [, event] = await recordedActivity(postern, 'brit')
    expect(event).toMatchObject({
      action: 'user.sign_in',
      target: 'brit',
      actorKind: 'USER',
      actorName: 'brit',
      ipAddress: '127.0.0.1',
      userAgent: 'a frontend/1.0',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(JSON.stringify(event)).not.toContain(password)
  })

  it('returns one message for an unknown name, a wrong password and a malformed name', async () => {
    const before = await databaseDigest(postern)
    const attempts = [
      ['ada', 'a wrong password'],
      ['ada', `${ada.password} `],
      ['ada', ada.password.toUpperCase()],
      ['ada', ''],
      ['nobody', ada.password],
      [' ada', ada.password],
      ['ada@example.com', ada.password],
      ['', ''],
      ['\u0000', '\u0000'],
      ["ada' or '1'='1", ada.password],
      ['x'.repeat(5_000), ada.password],
      ['ada', 'x'.repeat(5_000)],
    ] as const
    const responses = []
    for (const [username, password] of attempts) {
      const { status, body } = await postern.client().send({
        query: `mutation ($input: SignInInput!) {
          signIn(input: $input) { sessionToken expiresAt viewer { user { id } } userErrors { code message path } }
        }`,
        variables: { input: { username, password } },
      })
      responses.push(JSON.stringify({ status, body }))
    }
    expect(new Set(responses).size).toBe(1)
    expect(JSON.parse(responses[0] ?? '')).toEqual({
      status: 200,
      body: {
        data: {
          signIn: {
            sessionToken: null,
            expiresAt: null,
            viewer: null,
            userErrors: [{ code: 'SIGN_IN_FAILED', message: expect.any(String), path: ['input'] }],
          },
        },
      },
    })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('signs forty people in at the same time', async () => {
    const responses = await Promise.all(Array.from({ length: 40 }, () => signIn('ada', ada.password)))
    expect(responses.flatMap(({ userErrors }) => userErrors)).toEqual([])
    expect(new Set(responses.map(({ sessionToken }) => sessionToken)).size).toBe(40)
  })

  it('continues as the person in the rest of the same document', async () => {
    const { body } = await postern.client().send({
      query: `mutation ($input: SignInInput!) {
        signIn(input: $input) {
          viewer { user { username email } organizations { totalCount } }
        }
        createOrganization(input: { name: "adas" }) {
          organization { viewerRole tokenLimit { limit } }
          userErrors { code }
        }
      }`,
      variables: { input: { username: 'ada', password: ada.password } },
    })
    expect(body).toEqual({
      data: {
        signIn: { viewer: { user: { username: 'ada', email: 'ada@example.com' }, organizations: { totalCount: 0 } } },
        createOrganization: { organization: { viewerRole: 'OWNER', tokenLimit: { limit: 0 } }, userErrors: [] },
      },
    })
  })

  it('grants nothing after a failed attempt, in the rest of the same document', async () => {
    const before = await databaseDigest(postern)
    const { body } = await postern.client().send({
      query: `mutation {
        signIn(input: { username: "ada", password: "a wrong password" }) { viewer { user { username } } }
        createOrganization(input: { name: "stolen" }) { organization { id } }
      }`,
    })
    expect(body.errors).toMatchObject([{ path: ['createOrganization'], extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('keeps the session that the request was sent with', async () => {
    const eve = await postern.signUp('eve')
    const { viewer, sessionToken } = await signIn('ada', ada.password, eve.client)
    expect(viewer?.user?.username).toBe('ada')
    expect((await eve.client.execute(ViewerDocument, {})).viewer?.user?.username).toBe('eve')
    expect((await postern.client(sessionToken ?? '').execute(ViewerDocument, {})).viewer?.user?.username).toBe('ada')
    expect(await postern.em().count(Session, { user: await userIdOf(eve.client) })).toBe(1)
  })
})
