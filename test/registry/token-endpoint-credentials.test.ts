import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AccessTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import {
  adminPassword,
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, askForToken, grantsIn, type Login, postForToken, type TokenResponse } from '../harness/token-endpoint.ts'

interface Secret {
  readonly id: string
  readonly secret: string
}

let postern: Postern
let owner: Client
let ada: Person
let good: Secret
let other: Secret

const scopes = ['repository:acme/app:pull,push']

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  ada = await postern.signUp('ada')
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/app')
  good = await generateToken(owner)
  other = await generateToken(owner, { organization: 'globex' })
})
afterAll(() => postern.stop())

// Ten wrong passwords of one name are denied in another way, which test/guess tests.
const resetFailures = () => postern.em().execute('truncate failure_count')
beforeEach(resetFailures)

/** The bytes of a response that could distinguish one rejection from another. */
function visible({ status, headers, text }: TokenResponse) {
  const names = [...headers.keys()].filter((name) => !['date', 'x-request-id'].includes(name))
  return { status, text, headers: Object.fromEntries(names.map((name) => [name, headers.get(name)])) }
}

const ask = (login: Login) => askForToken(postern.url, { login, scopes })
const post = (login: Login) => postForToken(postern.url, { grant_type: 'password', ...login, scope: scopes.join(' ') })

async function changed(change: (secret: Secret) => Promise<unknown>): Promise<Login> {
  const generated = await generateToken(owner, { label: 'bad' })
  await change(generated)
  return acme(generated.secret)
}

const anHourAgo = () => new Date(Date.now() - 3_600_000)

/** Replaces one character of a secret with another one of its alphabet. */
function withOneChanged(secret: string, index: number): string {
  const at = index < 0 ? secret.length + index : index
  return secret.slice(0, at) + (secret[at] === 'x' ? 'y' : 'x') + secret.slice(at + 1)
}

const bad: Record<string, () => Login | Promise<Login>> = {
  'a wrong username': () => ({ username: 'nobody', password: good.secret }),
  'the name of another organization': () => ({ username: 'globex', password: good.secret }),
  'the name of a person, who owns the organization': () => ({ username: 'admin', password: good.secret }),
  'the token’s label for a name': () => ({ username: 'ci', password: good.secret }),
  'a well-formed token that was never made': () => acme(mintSecret('pstn', 'oat').reveal()),
  'a well-formed personal token': () => acme(mintSecret('pstn', 'pat').reveal()),
  'a token of another installation': () => acme(mintSecret('other', 'oat').reveal()),
  'the first character changed': () => acme(withOneChanged(good.secret, 0)),
  'a character in the middle changed': () => acme(withOneChanged(good.secret, 20)),
  'the last character changed': () => acme(withOneChanged(good.secret, -1)),
  'the last character missing': () => acme(good.secret.slice(0, -1)),
  'a character too many': () => acme(`${good.secret}0`),
  'a line break in it': () => acme(`${good.secret.slice(0, 20)}\n${good.secret.slice(20)}`),
  'quotation marks around it': () => acme(`"${good.secret}"`),
  'other capitals': () => acme(good.secret.toUpperCase()),
  'a deactivated token': () => changed(({ id }) => owner.execute(DeactivateTokenDocument, { id })),
  'a deleted token': () => changed(({ id }) => owner.execute(DeleteTokenDocument, { id })),
  'an expired token': () =>
    changed(({ id }) => postern.em().nativeUpdate(AccessToken, { id }, { expiresAt: anHourAgo() })),
  'an expired secret of a token that goes on': () =>
    changed(({ id }) => postern.em().nativeUpdate(AccessTokenSecret, { token: id }, { expiresAt: anHourAgo() })),
  'a token of another organization': () => acme(other.secret),
  'the session of an owner': () => acme(owner.token ?? ''),
  'the session of a person, with their name': () => ({ username: 'ada', password: ada.sessionToken }),
  'the password of a person, with the name of another': () => ({ username: 'admin', password: ada.password }),
  'the password of the administrator, with the name of nobody': () => ({ username: 'nobody', password: adminPassword }),
  'the password of a person, with a character too many': () => ({ username: 'ada', password: `${ada.password} ` }),
  'the password of an owner': () => acme(adminPassword),
  'the id of the token': () => acme(good.id),
  'no password': () => acme(''),
  'a password of 4000 characters': () => acme('x'.repeat(4000)),
}

describe('a bad credential', () => {
  it('gets the same bytes whatever is wrong with it, on GET and on POST', async () => {
    const reference = visible(await ask(acme('wrong')))
    expect(reference.status).toBe(401)
    for (const [name, makeLogin] of Object.entries(bad)) {
      const login = await makeLogin()
      await resetFailures()
      expect(visible(await ask(login)), `GET with ${name}`).toEqual(reference)
      expect(visible(await post(login)), `POST with ${name}`).toEqual(reference)
    }
  })

  it('gets a response that registry clients understand: one error, a message, no caching', async () => {
    const { headers, body, text } = await ask(acme('wrong'))
    expect(body).toEqual({ errors: [{ code: 'UNAUTHORIZED', message: expect.any(String) }] })
    expect(body.errors?.[0]?.message).toMatch(/the username or the access token is wrong/)
    expect(text).not.toContain('acme')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    expect(headers.get('www-authenticate')).toBe('Basic realm="postern", charset="UTF-8"')
  })

  it('uses no token, creates no repository, and leaves the good one working', async () => {
    const { id } = await generateToken(owner, { label: 'never used' })
    const { secret } = await generateToken(owner, {
      label: 'maker',
      scopes: [
        { resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PUSH'] },
        { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] },
      ],
    })
    const asked = await askForToken(postern.url, {
      login: { username: 'globex', password: secret },
      scopes: ['repository:acme/new:push,pull', 'repository:globex/new:push,pull'],
    })
    expect(asked.status).toBe(401)
    const created = await postern.em().execute("select path from repository where path = 'new'")
    expect(created).toEqual([])
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken).toMatchObject({ lastUsedAt: null })
    expect(grantsIn(await ask(acme(good.secret)))).toEqual({ 'acme/app': ['pull', 'push'] })
  })

  it('differs from an anonymous request, which is granted nothing but not rejected', async () => {
    expect(grantsIn(await askForToken(postern.url, { scopes }))).toEqual({})
  })
})

describe('a good credential', () => {
  it('a good credential is accepted with the name in any case, on GET and on POST', async () => {
    for (const username of ['Acme', 'ACME', 'aCmE']) {
      const login = { username, password: good.secret }
      expect(grantsIn(await ask(login))).toEqual({ 'acme/app': ['pull', 'push'] })
      expect(grantsIn(await post(login))).toEqual({ 'acme/app': ['pull', 'push'] })
    }
    const { secret } = await generatePersonal(ada.client, { label: 'laptop' })
    for (const password of [secret, ada.password])
      for (const username of ['Ada', 'ADA']) {
        expect((await ask({ username, password })).status).toBe(200)
        expect((await post({ username, password })).status).toBe(200)
      }
  })

  it('a good credential is rejected from the first request after a deactivation or a deletion', async () => {
    const deactivate = (id: string) => owner.execute(DeactivateTokenDocument, { id })
    const remove = (id: string) => owner.execute(DeleteTokenDocument, { id })
    for (const end of [deactivate, remove]) {
      const { id, secret } = await generateToken(owner, { label: 'short-lived' })
      expect((await ask(acme(secret))).status).toBe(200)
      await end(id)
      expect((await ask(acme(secret))).status).toBe(401)
      expect(await postern.client(secret).codesOf(ViewerDocument, {})).toEqual(['UNAUTHENTICATED'])
    }
    expect((await ask(acme(good.secret))).status).toBe(200)
  })

  it('a good credential is rejected on another instance as soon as on this one', async () => {
    const second = await postern.startSecondInstance()
    try {
      const { id, secret } = await generateToken(owner, { label: 'two doors' })
      expect((await askForToken(second.url, { login: acme(secret) })).status).toBe(200)
      await owner.execute(DeactivateTokenDocument, { id })
      expect((await askForToken(second.url, { login: acme(secret) })).status).toBe(401)
    } finally {
      await second.stop()
    }
  })

  it('a good credential is accepted until the moment of its expiry', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000)
    const { secret } = await generateToken(owner, { label: 'an hour', expiresAt: expiresAt.toISOString() })
    try {
      vi.setSystemTime(expiresAt.getTime() - 1)
      expect((await ask(acme(secret))).status).toBe(200)
      vi.setSystemTime(expiresAt)
      expect((await ask(acme(secret))).status).toBe(401)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a good credential is rejected without a server error if it is deleted and used at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, secret } = await generateToken(owner, { label: 'race' })
      const login = acme(secret)
      const pulls = Array.from({ length: 12 }, () =>
        askForToken(postern.url, { login, scopes: ['repository:acme/app:pull'] }),
      )
      const [responses] = await Promise.all([Promise.all(pulls), owner.execute(DeleteTokenDocument, { id })])
      for (const { status, text } of responses) expect([200, 401], text).toContain(status)
      expect((await ask(login)).status).toBe(401)
    }
    expect(
      await postern
        .em()
        .execute('select * from usage_window w where not exists (select from access_token where id = w.subject_id)'),
    ).toEqual([])
  })
})
