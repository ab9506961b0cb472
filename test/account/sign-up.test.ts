import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateOrganizationDocument,
  SignInDocument,
  SignUpDocument,
  type SignUpInput,
  UserDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { recordedActivity } from './recorded-activity.ts'

const password = 'correct horse'
let postern: Postern

function signUp(input: Partial<SignUpInput> & { readonly username: string }, client = postern.client()) {
  const email = `${input.username}@example.com`
  return client.execute(SignUpDocument, { input: { email, password, ...input } }).then((data) => data.signUp)
}

/** The user errors of an invalid sign-up. Also checks that the attempt wrote nothing. */
async function faultsOf(input: Partial<SignUpInput> & { readonly username: string }): Promise<string[]> {
  const before = await databaseDigest(postern)
  const { sessionToken, viewer, expiresAt, userErrors } = await signUp(input)
  if (userErrors.length === 0) return []
  expect({ sessionToken, viewer, expiresAt }).toEqual({ sessionToken: null, viewer: null, expiresAt: null })
  expect(await databaseDigest(postern)).toBe(before)
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

describe('signUp when it is open', () => {
  beforeAll(async () => {
    postern = await startPostern()
  })
  afterAll(() => postern.stop())

  it('creates an account and signs it in, in the same response', async () => {
    const { sessionToken, viewer, userErrors } = await signUp({ username: 'ada', displayName: ' Ada Lovelace ' })
    expect(userErrors).toEqual([])
    expect(viewer?.user).toEqual({ id: expect.stringMatching(/^usr_/), username: 'ada' })
    const { viewer: later } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
    expect(later?.user).toEqual({
      id: viewer?.user?.id,
      username: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@example.com',
    })
  })

  it('grants no administration and no membership', async () => {
    const { sessionToken } = await signUp({ username: 'ben' })
    const ben = postern.client(sessionToken ?? '')
    expect((await ben.execute(ViewerDocument, {})).viewer?.organizations.nodes).toEqual([])
    const { createOrganization: failed } = await ben.execute(CreateOrganizationDocument, {
      input: { name: 'bens', plan: 'TEAM' },
    })
    expect(failed.userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'plan'] }])
  })

  it('records one event, without the password and the address', async () => {
    await signUp({ username: 'cleo', password: 'a secret of Cleo' })
    const events = await recordedActivity(postern, 'cleo')
    expect(events).toMatchObject([{ action: 'user.sign_up', target: 'cleo', actorName: 'cleo', actorKind: 'USER' }])
    expect(events[0]?.ipAddress).toBe('127.0.0.1')
    expect(JSON.stringify(events)).not.toMatch(/a secret of Cleo|example\.com/)
  })

  it('defaults the display name to the username', async () => {
    for (const [username, displayName] of [
      ['dan', undefined],
      ['dora', null],
      ['dirk', '  '],
    ] as const) {
      const { sessionToken } = await signUp({ username, ...(displayName !== undefined && { displayName }) })
      const { user } = await postern.client(sessionToken ?? '').execute(UserDocument, { username })
      expect(user?.displayName).toBe(username)
    }
  })

  it('returns TAKEN for a username that a person or an organization has', async () => {
    const { sessionToken } = await signUp({ username: 'eve' })
    await createOrganization(await postern.signInAsAdministrator(), 'acme')
    expect(await faultsOf({ username: 'eve', email: 'other@example.com' })).toEqual(['TAKEN input.username'])
    expect(await faultsOf({ username: 'acme' })).toEqual(['TAKEN input.username'])
    expect(await faultsOf({ username: 'admin' })).toEqual(['TAKEN input.username'])

    // The existing account is unchanged.
    const { signIn } = await postern.client().execute(SignInDocument, { input: { username: 'eve', password } })
    expect(signIn.userErrors).toEqual([])
    expect((await postern.client(sessionToken ?? '').execute(ViewerDocument, {})).viewer?.user?.username).toBe('eve')
  })

  it('returns TAKEN for an e-mail address that somebody has, in any case', async () => {
    await signUp({ username: 'finn', email: 'Finn.Doe@Example.com' })
    for (const email of [
      'Finn.Doe@Example.com',
      'finn.doe@example.com',
      'FINN.DOE@EXAMPLE.COM',
      ' finn.doe@example.com ',
    ])
      expect(await faultsOf({ username: 'other', email })).toEqual(['TAKEN input.email'])
    expect(await faultsOf({ username: 'other', email: 'finn@example.com' })).toEqual([])
  })

  it('gives a name to one of twenty simultaneous requests', async () => {
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => signUp({ username: 'gus', email: `gus${index}@example.com` })),
    )
    expect(responses.filter(({ sessionToken }) => sessionToken !== null)).toHaveLength(1)
    const codes = responses.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))
    expect(codes).toEqual(Array.from({ length: 19 }, () => 'TAKEN'))
    expect(await postern.em().execute(`select count(*)::int as n from user_account where username = 'gus'`)).toEqual([
      { n: 1 },
    ])
  })

  it('reports all errors of an input together', async () => {
    const input = { username: 'Not Good', email: 'nowhere', password: 'short', displayName: 'x'.repeat(101) }
    expect(await faultsOf(input)).toEqual([
      'INVALID input.username',
      'INVALID input.password',
      'INVALID input.email',
      'INVALID input.displayName',
    ])
  })

  it.each([
    ['an ordinary address', true, 'a.b+c@example.com'],
    ['letters of both cases', true, 'Ada@Beispiel.Example'],
    ['a host without a dot', true, 'ada@localhost'],
    ['254 characters', true, `${'x'.repeat(242)}@example.com`],
    ['255 characters', false, `${'x'.repeat(243)}@example.com`],
    ['nothing', false, ''],
    ['spaces', false, '   '],
    ['the at sign alone', false, '@'],
    ['no host', false, 'ada@'],
    ['no name', false, '@example.com'],
    ['no sign', false, 'ada example.com'],
    ['a space', false, 'ada@exam ple.com'],
    ['two signs', false, 'ada@b@example.com'],
    ['a header after it', false, 'ada@example.com\r\nBcc: all@example.com'],
    ['a null character', false, 'ada\u0000@example.com'],
  ])('accepts as an e-mail address %s: %s', async (what, isGood, email) => {
    const username = what.toLowerCase().replaceAll(' ', '.')
    expect(await faultsOf({ username, email })).toEqual(isGood ? [] : ['INVALID input.email'])
  })

  it.each([
    [7, false],
    [8, true],
    [256, true],
    [257, false],
  ])('accepts a password of %d characters: %s', async (length, isGood) => {
    const input = { username: `length${length}`, password: 'x!7'.repeat(length).slice(0, length) }
    expect(await faultsOf(input)).toEqual(isGood ? [] : ['INVALID input.password'])
  })

  it('never returns the password', async () => {
    const secret = 'hunter2'
    const { body } = await postern.client().send({
      query: 'mutation ($input: SignUpInput!) { signUp(input: $input) { userErrors { message } } }',
      variables: { input: { username: secret.toUpperCase(), email: 'x', password: secret } },
    })
    expect(body.errors).toBeUndefined()
    expect(JSON.stringify(body)).not.toMatch(/hunter2/i)
  })
})

describe('signUp when it is closed', () => {
  beforeAll(async () => {
    postern = await startPostern({ allowSignUp: false })
  })
  afterAll(() => postern.stop())

  it('signUp when it is closed is denied to everyone except administrators, and writes nothing', async () => {
    const administrator = await postern.signInAsAdministrator()
    const { sessionToken } = await signUp({ username: 'ada' }, administrator)
    const before = await databaseDigest(postern)
    for (const client of [postern.client(), postern.client(sessionToken ?? '')]) {
      const input = { username: 'ben', email: 'ben@example.com', password }
      expect(await client.codesOf(SignUpDocument, { input })).toEqual(['FORBIDDEN'])
      // The response does not even show whether a name is taken.
      expect(await client.codesOf(SignUpDocument, { input: { ...input, username: 'ada' } })).toEqual(['FORBIDDEN'])
    }
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('signs in only the new person if an administrator creates the account', async () => {
    const administrator = await postern.signInAsAdministrator()
    const { sessionToken, viewer } = await signUp({ username: 'cleo' }, administrator)
    expect(viewer?.user?.username).toBe('cleo')
    expect((await postern.client(sessionToken ?? '').execute(ViewerDocument, {})).viewer?.user?.username).toBe('cleo')
    expect((await administrator.execute(ViewerDocument, {})).viewer?.user?.username).toBe('admin')
  })

  it('signUp when it is closed is recorded as an action of the administrator who created the account', async () => {
    await signUp({ username: 'dora' }, await postern.signInAsAdministrator())
    expect(await recordedActivity(postern, 'dora')).toMatchObject([{ target: 'dora', actorName: 'admin' }])
  })
})
