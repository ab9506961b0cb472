import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OrganizationDocument, SignOutDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { Session } from '../../src/domain/model/session.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret, mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { addMember, createOwnedOrganization, removeMember, signInAgain, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { recordedActions } from './recorded-activity.ts'

let postern: Postern
let ada: Person
let ben: Person

beforeAll(async () => {
  postern = await startPostern()
  ada = await postern.signUp('ada')
  ben = await postern.signUp('ben')
})
afterAll(() => postern.stop())

async function nameOf(client: Client): Promise<string | undefined> {
  return (await client.execute(ViewerDocument, {})).viewer?.user?.username
}

/** Expects the one response for unauthenticated clients, whatever the reason. */
async function expectUnauthenticated(client: Client, headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await client.send(
    { query: '{ viewer { user { username } } organization(name: "acme") { name } }' },
    headers,
  )
  expect({ status, codes: body.errors?.map(({ extensions }) => extensions.code) }).toEqual({
    status: 401,
    codes: ['UNAUTHENTICATED'],
  })
  expect(body.data ?? null).toBeNull()
  return body.errors?.[0]?.message ?? ''
}

describe('signOut', () => {
  it('ends the session at once, and no other session', async () => {
    const one = await signInAgain(postern, ada)
    const other = await signInAgain(postern, ada)
    expect(await one.execute(SignOutDocument, {})).toEqual({ signOut: { userErrors: [] } })
    await expectUnauthenticated(one)
    expect(await Promise.all([other, ada.client, ben.client].map(nameOf))).toEqual(['ada', 'ada', 'ben'])
  })

  it('ends the session on every instance', async () => {
    const second = await postern.startSecondInstance()
    try {
      const here = await signInAgain(postern, ada)
      const there = second.client(here.token)
      expect(await nameOf(there)).toBe('ada')
      await here.execute(SignOutDocument, {})
      await expectUnauthenticated(there)
    } finally {
      await second.stop()
    }
  })

  it('denies the rest of the same document', async () => {
    for (const next of [
      'signOut { userErrors { code } }',
      'createOrganization(input: { name: "too-late" }) { userErrors { code } }',
    ]) {
      const client = await signInAgain(postern, ben)
      const { body } = await client.send({ query: `mutation { first: signOut { userErrors { code } } next: ${next} }` })
      expect(body.errors).toMatchObject([{ path: ['next'], extensions: { code: 'UNAUTHENTICATED' } }])
      await expectUnauthenticated(client)
    }
    expect((await recordedActions(postern, 'ben')).filter((action) => action === 'user.sign_out')).toHaveLength(2)
    const administrator = await postern.signInAsAdministrator()
    expect((await administrator.execute(OrganizationDocument, { name: 'too-late' })).organization).toBeNull()
  })

  it('records an event of the person', async () => {
    const before = await recordedActions(postern, 'ada')
    await (await signInAgain(postern, ada)).execute(SignOutDocument, {})
    expect(await recordedActions(postern, 'ada')).toEqual([...before, 'user.sign_in', 'user.sign_out'])
  })
})

describe('a session', () => {
  it('ends at its expiry, and not before', async () => {
    const client = await signInAgain(postern, ada)
    const hash = hashSecret(client.token ?? '', deriveKeys(postern.config.secretKey).tokenHashKey)
    const setExpiry = async (expiresAt: Date) => {
      expect(await postern.em().nativeUpdate(Session, { secretHash: hash }, { expiresAt })).toBe(1)
    }
    await setExpiry(new Date(Date.now() + 60_000))
    expect(await nameOf(client)).toBe('ada')
    await setExpiry(new Date(Date.now() - 1))
    await expectUnauthenticated(client)
    expect(await nameOf(ada.client)).toBe('ada')
  })

  it('ends with the account', async () => {
    const gone = await postern.signUp('gone')
    await postern.em().execute(`delete from namespace where name = 'gone'`)
    await expectUnauthenticated(gone.client)
  })

  it('survives a restart', async () => {
    await postern.restart()
    expect(await nameOf(postern.client(ada.sessionToken))).toBe('ada')
    ada = { ...ada, client: postern.client(ada.sessionToken) }
    ben = { ...ben, client: postern.client(ben.sessionToken) }
  })

  it('a session has current roles: a removed member loses access with the next request', async () => {
    const id = await createOwnedOrganization(postern, ada.client, 'adas', 'FREE')
    const seen = async () => (await ben.client.execute(OrganizationDocument, { name: 'adas' })).organization?.viewerRole
    expect(await seen()).toBeUndefined()
    await addMember(postern, id, ben.client, 'EDITOR')
    expect(await seen()).toBe('EDITOR')
    await addMember(postern, id, ben.client, 'OWNER')
    expect(await seen()).toBe('OWNER')
    await removeMember(postern, id, ben.client)
    expect(await seen()).toBeUndefined()
  })
})

describe('a session token', () => {
  it('a session token is rejected with one response if any part of it is wrong, and writes nothing', async () => {
    const token = ada.sessionToken
    const changed = token.slice(0, 12) + (token[12] === 'x' ? 'y' : 'x') + token.slice(13)
    const administrator = await postern.signInAsAdministrator()
    await createOrganization(administrator, 'acme')
    const { secret } = await generateToken(administrator)
    const before = await databaseDigest(postern)
    const failed = {
      'one character changed': changed,
      'the checksum changed': token.slice(0, -1) + (token.endsWith('0') ? '1' : '0'),
      'a character short': token.slice(0, -1),
      'a character long': `${token}0`,
      'in capital letters': token.toUpperCase(),
      'well-formed, and of nobody': mintSecret('pstn', 'ses').reveal(),
      'of another brand': mintSecret('other', 'ses').reveal(),
      'of another kind': token.replace('_ses_', '_oat_'),
      'a well-formed personal token of nobody': mintSecret('pstn', 'pat').reveal(),
      'a token called a session': secret.replace('_oat_', '_ses_'),
      'the password': ada.password.replaceAll(' ', '_'),
      'the id of a person': await userIdOf(ada.client),
      'a JSON Web Token': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
      'no secret at all': 'null',
    }
    const responses = new Set<string>()
    for (const bearer of Object.values(failed)) responses.add(await expectUnauthenticated(postern.client(bearer)))
    expect([...responses]).toEqual([expect.stringContaining('unknown, ended, inactive, expired or deleted')])
    for (const response of responses) expect(response).not.toContain('pstn_')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('a session token is rejected by another installation', async () => {
    const elsewhere = await startPostern({ secretKey: Buffer.alloc(32, 9) })
    try {
      const namesake = await elsewhere.signUp('ada')
      await expectUnauthenticated(postern.client(namesake.sessionToken))
      await expectUnauthenticated(elsewhere.client(ada.sessionToken))
    } finally {
      await elsewhere.stop()
    }
  })

  it('a session token is accepted as a bearer token only', async () => {
    const token = ada.sessionToken
    for (const authorization of [
      token,
      `Basic ${Buffer.from(`ada:${token}`).toString('base64')}`,
      `Basic ${Buffer.from(`ada:${ada.password}`).toString('base64')}`,
      `Token ${token}`,
      'Bearer',
      'Bearer ',
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      '',
    ])
      await expectUnauthenticated(postern.client(), { authorization })
  })

  it('a session token is accepted with the scheme in any case, as RFC 9110 says', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      const headers = { authorization: `${scheme} ${ada.sessionToken}` }
      const { body } = await postern.client().send({ query: '{ viewer { user { username } } }' }, headers)
      expect(body).toEqual({ data: { viewer: { user: { username: 'ada' } } } })
    }
  })
})
