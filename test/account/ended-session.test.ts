import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeleteTokenDocument, SignInDocument, SignOutDocument } from '../../schema/typed-documents.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let ada: Person
beforeAll(async () => {
  postern = await startPostern()
  ada = await postern.signUp('ada')
  await ada.client.execute(SignOutDocument, {})
})
afterAll(() => postern.stop())

const send = (query: string, headers: Record<string, string> = {}) => ada.client.send({ query }, headers)
const rejection = {
  authentication: { code: 'UNAUTHENTICATED', message: expect.stringContaining('Sign in again') },
}

describe('a request with an ended session', () => {
  it('a request with an ended session can sign in', async () => {
    const { username, password, client } = ada
    const { signIn } = await client.execute(SignInDocument, { input: { username, password } })
    expect(signIn.userErrors).toEqual([])
    expect(signIn.viewer?.user?.username).toBe('ada')
  })

  it('a request with an ended session is anonymous where anyone may call, and reports the end', async () => {
    const { status, headers, body, extensions } = await send(
      '{ viewer { user { id } } availablePermissions { title } }',
    )
    expect({ status, body, extensions }).toMatchObject({
      status: 200,
      body: { data: { viewer: null, availablePermissions: expect.any(Array) } },
      extensions: rejection,
    })
    expect(headers.get('www-authenticate')).toBe('Bearer realm="postern", error="invalid_token"')
    const fromPage = await send('{ __typename }', { origin: 'https://app.example' })
    expect(fromPage.headers.get('access-control-expose-headers')).toContain('www-authenticate')
  })

  it.each([
    '{ organization(name: "acme") { id } }',
    '{ viewer { user { id } } ...Q } fragment Q on Query { ... on Query { organization(name: "acme") { id } } }',
    'query { viewer { user { id } } organization(name: "acme") @skip(if: true) { id } }',
    'mutation { signOut { userErrors { code } } }',
    'mutation { signIn(input: { username: "ada", password: "x" }) { sessionToken } createGroup(input: { organization: "acme", name: "g" }) { userErrors { code } } }',
  ])('gets 401 for %s', async (query) => {
    const { status, headers, body } = await send(query)
    expect({ status, codes: body.errors?.map(({ extensions }) => extensions.code), data: body.data }).toEqual({
      status: 401,
      codes: ['UNAUTHENTICATED'],
      data: undefined,
    })
    expect(headers.get('www-authenticate')).toContain('invalid_token')
  })

  it('a request with an ended session is unlike one with an ended access token, which gets 401', async () => {
    const administrator = await postern.signInAsAdministrator()
    await createOrganization(administrator, 'acme')
    const { id, secret } = await generateToken(administrator)
    await administrator.execute(DeleteTokenDocument, { id })
    const { status, body } = await postern.client(secret).send({ query: '{ viewer { user { id } } }' })
    expect({ status, codes: body.errors?.map(({ extensions }) => extensions.code) }).toEqual({
      status: 401,
      codes: ['UNAUTHENTICATED'],
    })
  })

  it('differs from a request without Authorization', async () => {
    const { headers, body, extensions } = await postern.client().send({ query: '{ viewer { user { id } } }' })
    expect(body).toEqual({ data: { viewer: null } })
    expect(extensions.authentication).toBeUndefined()
    expect(headers.get('www-authenticate')).toBeNull()
  })
})
