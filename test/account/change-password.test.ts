import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChangePasswordDocument, SignInDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { hashPassword } from '../../src/domain/secrets/password.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { signInAgain } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { recordedActivity } from './recorded-activity.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

async function changePassword(client: Client, currentPassword: string, newPassword: string) {
  const { changePassword } = await client.execute(ChangePasswordDocument, { input: { currentPassword, newPassword } })
  return changePassword.userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

async function maySignIn(username: string, password: string): Promise<boolean> {
  const { signIn } = await postern.client().execute(SignInDocument, { input: { username, password } })
  return signIn.sessionToken !== null
}

async function isSignedIn(client: Client): Promise<boolean> {
  return (await client.execute(ViewerDocument, {})).viewer !== null
}

describe('changePassword', () => {
  it('replaces the old password with the new one', async () => {
    const { client, password } = await postern.signUp('ada')
    expect(await changePassword(client, password, 'another password')).toEqual([])
    expect(await maySignIn('ada', password)).toBe(false)
    expect(await maySignIn('ada', 'another password')).toBe(true)
  })

  it('ends all other sessions of the person, and no session of anybody else', async () => {
    const ben = await postern.signUp('ben')
    const beside = await postern.signUp('beside')
    const others = await Promise.all([signInAgain(postern, ben), signInAgain(postern, ben)])
    expect(await changePassword(ben.client, ben.password, 'another password')).toEqual([])
    expect(await Promise.all(others.map(isSignedIn))).toEqual([false, false])
    expect((await ben.client.execute(ViewerDocument, {})).viewer?.user?.username).toBe('ben')
    expect((await beside.client.execute(ViewerDocument, {})).viewer?.user?.username).toBe('beside')
    expect(await maySignIn('beside', beside.password)).toBe(true)
  })

  it('rejects a wrong current password, and changes nothing', async () => {
    const cleo = await postern.signUp('cleo')
    const other = await signInAgain(postern, cleo)
    const before = await databaseDigest(postern)
    for (const wrong of ['a wrong password', '', `${cleo.password} `, 'x'.repeat(5_000)])
      expect(await changePassword(cleo.client, wrong, 'another password')).toEqual([
        'SIGN_IN_FAILED input.currentPassword',
      ])
    expect(await databaseDigest(postern)).toBe(before)
    expect(await isSignedIn(other)).toBe(true)
    expect(await maySignIn('cleo', cleo.password)).toBe(true)
  })

  it("lists wrong passwords among the person's denied and rejected attempts", async () => {
    const listed = await postern.signUp('listed')
    const input = { currentPassword: 'not the current one', newPassword: 'a new password of ada' }
    const { changePassword } = await listed.client.execute(ChangePasswordDocument, { input })
    expect(changePassword.userErrors).toMatchObject([{ code: 'SIGN_IN_FAILED' }])
    const query = '{ user(username: "listed") { refusedAttempts { reason attempts ipAddress } } }'
    await expect
      .poll(async () => (await listed.client.send({ query })).body.data, { timeout: 10_000 })
      .toEqual({ user: { refusedAttempts: [{ reason: 'WRONG_PASSWORD', attempts: 1, ipAddress: '127.0.0.1' }] } })
  })

  it('validates the new password', async () => {
    const dan = await postern.signUp('dan')
    const before = await databaseDigest(postern)
    for (const bad of ['', 'x'.repeat(7), 'x'.repeat(257)])
      expect(await changePassword(dan.client, dan.password, bad)).toEqual(['INVALID input.newPassword'])
    expect(await databaseDigest(postern)).toBe(before)
    const [shortest, longest] = ['x!7'.repeat(100).slice(0, 8), 'x'.repeat(256)] as const
    for (const good of [shortest, longest]) {
      const from = good === shortest ? dan.password : shortest
      expect(await changePassword(dan.client, from, good)).toEqual([])
    }
  })

  it('denies access tokens and anonymous clients', async () => {
    const administrator = await postern.signInAsAdministrator()
    await createOrganization(administrator, 'acme')
    const { secret } = await generateToken(administrator)
    const input = { currentPassword: 'a password of some length', newPassword: 'another password' }
    const before = await databaseDigest(postern)
    expect(await postern.client(secret).codesOf(ChangePasswordDocument, { input })).toEqual(['FORBIDDEN'])
    expect(await postern.client().codesOf(ChangePasswordDocument, { input })).toEqual(['UNAUTHENTICATED'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('succeeds once if two changes from the same password arrive at the same time', async () => {
    const eve: Person = await postern.signUp('eve')
    const here = await signInAgain(postern, eve)
    const there = await signInAgain(postern, eve)
    const wanted = ['one new password', 'other new password'] as const
    const responses = await Promise.all([
      here.send(changeOf(eve.password, wanted[0])),
      there.send(changeOf(eve.password, wanted[1])),
    ])
    // The second change finds another password, or its session has ended.
    const done = responses.map(({ status, body }) => status === 200 && JSON.stringify(body).includes('"userErrors":[]'))
    expect(done.filter((isDone) => isDone)).toHaveLength(1)
    expect(await Promise.all(wanted.map((password) => maySignIn('eve', password)))).toEqual(done)
    expect(await Promise.all([here, there].map(isSignedIn))).toEqual(done)
  })

  it('signs nobody in whose sign-in with the old password was still in progress', async () => {
    const gus = await postern.signUp('gus')
    const newHash = await hashPassword('another password', '127.0.0.1/32')
    const responses = await whileLocked(
      postern,
      (em) => em.execute(`update user_account set password_hash = ? where username = 'gus'`, [newHash]),
      [() => postern.client().execute(SignInDocument, { input: { username: 'gus', password: gus.password } })],
    )
    expect(responses).toMatchObject([{ signIn: { sessionToken: null, userErrors: [{ code: 'SIGN_IN_FAILED' }] } }])
    expect((await recordedActivity(postern, 'gus')).map(({ action }) => action)).toEqual(['user.sign_up'])
    expect(await maySignIn('gus', 'another password')).toBe(true)
  })

  it('records one event, without either password', async () => {
    const finn = await postern.signUp('finn')
    await changePassword(finn.client, 'a wrong password', 'another password')
    await changePassword(finn.client, finn.password, 'another password')
    const events = await recordedActivity(postern, 'finn')
    expect(events.map(({ action }) => action)).toEqual(['user.sign_up', 'user.password_change'])
    expect(JSON.stringify(events)).not.toMatch(/another password|a password of some length|argon2/)
  })
})

function changeOf(currentPassword: string, newPassword: string) {
  return {
    query: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }',
    variables: { input: { currentPassword, newPassword } },
  }
}
