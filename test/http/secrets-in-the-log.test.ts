import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ChangePasswordDocument,
  CreateOrganizationDocument,
  CreateRepositoryDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { execute } from '../harness/database.ts'
import { generateToken } from '../harness/postern.ts'
import { adminPassword, type LoggingPostern, secretKey, startLoggingPostern } from './logging-postern.ts'

let postern: LoggingPostern
beforeAll(async () => {
  postern = await startLoggingPostern()
})
afterAll(() => postern.stop())

/** No password if the tests use a database without one. */
const databasePassword = () => [new URL(postern.database.url).password].filter((password) => password !== '')

describe('the log', () => {
  it('contains no secret of anybody, whatever people do', async () => {
    const administrator = await postern.client(postern.session)
    const anonymous = await postern.client()
    const given = { username: 'ada', email: 'ada@example.com', password: 'the-password-of-ada' }
    const newPassword = 'another-password-of-ada'
    const { signUp } = await anonymous.execute(SignUpDocument, { input: given })
    const ada = await postern.client(signUp.sessionToken ?? '')
    await ada.execute(ChangePasswordDocument, { input: { currentPassword: given.password, newPassword } })
    const input = { username: 'ada', password: newPassword }
    const { signIn } = await anonymous.execute(SignInDocument, { input })
    await anonymous.execute(SignInDocument, { input: { username: 'ada', password: 'a-wrong-password-of-ada' } })
    await ada.execute(SignOutDocument, {})

    await administrator.execute(CreateOrganizationDocument, { input: { name: 'acme', plan: 'TEAM' } })
    await administrator.execute(CreateRepositoryDocument, { input: { name: 'acme/api', visibility: 'PRIVATE' } })
    const { id, secret } = await generateToken(administrator, { idempotencyKey: 'once' })
    await administrator.execute(UpdateTokenDocument, { id, input: { label: 'other' } })
    await (await postern.client(secret)).execute(ViewerDocument, {})
    const basic = Buffer.from(`acme:${secret}`).toString('base64')
    const scope = 'repository:acme/api:pull,push'
    const byGet = await fetch(`${postern.url}/token?service=registry&scope=${scope}`, {
      headers: { authorization: `Basic ${basic}` },
    })
    const form = new URLSearchParams({
      grant_type: 'password',
      username: 'acme',
      password: secret,
      service: 'registry',
      scope,
    })
    const byPost = await fetch(`${postern.url}/token`, { method: 'POST', body: form })
    const jwts = await Promise.all(
      [byGet, byPost].map(async (response) => ((await response.json()) as { token: string }).token),
    )

    const written = await postern.log()
    // The secrets exist now, and so do the log lines.
    expect(signIn.sessionToken).toMatch(/^pstn_ses_/)
    expect(jwts).toEqual([expect.stringMatching(/^ey/), expect.stringMatching(/^ey/)])
    expect(written.split('\n').filter((line) => line.includes('"path":"/graphql"')).length).toBeGreaterThan(10)
    expect(written).toContain('"path":"/token"')

    const secrets = {
      'passwords of ada': [given.password, newPassword, 'a-wrong-password-of-ada'],
      'sessions of ada': [signUp.sessionToken, signIn.sessionToken],
      'the session of the administrator': [postern.session],
      'the token': [secret, basic],
      'registry tokens': jwts,
      'the settings': [adminPassword, secretKey, ...databasePassword()],
      'anything like a secret': ['_oat_', '_ses_', '$argon2', 'Bearer ey', 'Basic '],
    }
    for (const [what, values] of Object.entries(secrets))
      for (const value of values) {
        expect(value, what).toMatch(/\S{5}/)
        expect(written, what).not.toContain(value)
      }
  })

  it('contains no row that the database quotes in an error, and neither does the response', async () => {
    await execute(postern.database.url, 'alter table user_account add constraint broken check (false) not valid')
    await execute(postern.database.url, 'alter table session add constraint broken check (false) not valid')
    const input = { username: 'eve', email: 'eve@example.com', password: 'the-password-of-eve' }
    const masked = {
      message: 'An internal error occurred and was logged. Try again, or ask the operator of this server.',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    }
    const anonymous = await postern.client()
    const signUp = await anonymous.send({
      query: 'mutation ($input: SignUpInput!) { signUp(input: $input) { sessionToken } }',
      variables: { input },
    })
    expect(signUp.body).toEqual({
      data: null,
      errors: [{ ...masked, path: ['signUp'], locations: [expect.anything()] }],
    })
    const signIn = await anonymous.send({
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }',
      variables: { input: { username: 'admin', password: adminPassword } },
    })
    expect(signIn.body.errors).toEqual([{ ...masked, path: ['signIn'], locations: [expect.anything()] }])

    const written = await postern.log()
    const faults = written.split('\n').filter((line) => line.includes('"msg":"fault"') && line.includes('broken'))
    expect(faults).toHaveLength(2)
    for (const fault of faults)
      expect(JSON.parse(fault)).toMatchObject({
        level: 50,
        err: { code: '23514', stack: expect.stringContaining(' at ') },
      })
    for (const value of ['Failing row', 'eve@example.com', 'the-password-of-eve', adminPassword, '$argon2', '\\x'])
      expect(faults.join('\n')).not.toContain(value)
    expect(await execute(postern.database.url, "select 1 from namespace where name = 'eve'")).toEqual([])
  })

  it('contains no password of a database that is down', async () => {
    await postern.database.drop()
    const { body } = await (await postern.client(postern.session)).send({ query: '{ viewer { user { id } } }' })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['SERVICE_UNAVAILABLE'])
    const written = await postern.log()
    expect(written).toContain('3D000')
    for (const value of ['postgres://', 'postgresql://', ...databasePassword()]) expect(written).not.toContain(value)
  })
})
