import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { RemoveMemberDocument } from '../../schema/typed-documents.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { User } from '../../src/domain/model/user.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { databaseDigest } from './database-digest.ts'

let postern: Postern
let administrator: Client
let acmeId: string
let servers: Server[] = []
let people = 0
beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  acmeId = await createOrganization(administrator, 'acme')
})
afterEach(() => {
  for (const server of servers) server.close()
  servers = []
})
afterAll(() => postern.stop())

/** Another owner of acme, and of an organization of their own. */
async function newOwner(): Promise<Person & { readonly ownOrganization: string }> {
  const person = await postern.signUp(`owner-${++people}`)
  const ownOrganization = `own-${people}`
  const ownId = await createOrganization(person.client, ownOrganization, 'FREE')
  const em = postern.em()
  const { user } = await em.findOneOrFail(Membership, { organization: ownId })
  em.create(Membership, { organization: acmeId, user, role: 'OWNER', joinedAt: new Date() })
  await em.flush()
  return { ...person, ownOrganization }
}

/** A provider that returns its configuration once `release` was called. `asked` resolves when a request has arrived. */
async function startSlowProvider() {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = createServer(async (_request, response) => {
    asked.resolve()
    await released.promise
    const endpoints = { authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: issuer }
    const supported = { response_types_supported: ['code'], subject_types_supported: ['public'] }
    const algorithms = { id_token_signing_alg_values_supported: ['ES256'] }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ issuer, ...endpoints, ...supported, ...algorithms }))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { issuer, asked: asked.promise, release: () => released.resolve() }
}

/** Sends a mutation that configures a provider first, and ends rights before the provider responds. */
async function whileProviderIsAsked(client: Client, organization: string, fields: string, end: () => Promise<unknown>) {
  const provider = await startSlowProvider()
  const configure = `configureSso(organization: "${organization}", input: {
    issuer: "${provider.issuer}", clientId: "a", clientSecret: "b", redirectUris: ["https://x.example/callback"]
  }) { ssoProvider { issuer } userErrors { code path } }`
  const pending = client.send({ query: `mutation { ${configure} ${fields} }` })
  await provider.asked
  await end()
  const before = await databaseDigest(postern)
  provider.release()
  const { body } = await pending
  return { body, isUnchanged: (await databaseDigest(postern)) === before }
}

const removeFromAcme = (username: string) =>
  administrator.execute(RemoveMemberDocument, { organization: 'acme', username })
const renameAcme =
  'updateOrganization(organization: "acme", input: { displayName: "taken over" }) { userErrors { code } }'
const generateToken = `generateOrganizationToken(input: { organization: "acme", label: "late", scopes: [
  { resource: REPOSITORY, path: "acme/*", permissions: [IMAGE_DELETE] }
] }) { secret userErrors { code path } }`

describe('a right that ends during a mutation', () => {
  it('a right that ends during a mutation does not allow the fields after it', async () => {
    const { client, username, ownOrganization } = await newOwner()
    const { body } = await whileProviderIsAsked(client, ownOrganization, `${renameAcme} ${generateToken}`, () =>
      removeFromAcme(username),
    )
    expect(body.data).toMatchObject({
      // Their own organization is still theirs.
      configureSso: { ssoProvider: { issuer: expect.any(String) }, userErrors: [] },
      updateOrganization: { userErrors: [{ code: 'NOT_FOUND' }] },
      generateOrganizationToken: { secret: null, userErrors: [{ code: 'NOT_FOUND', path: ['input', 'organization'] }] },
    })
    expect(
      JSON.stringify((await administrator.send({ query: '{ organization(name: "acme") { displayName } }' })).body),
    ).not.toContain('taken over')
  })

  it('a right that ends during a mutation does not allow the field that was waiting for a provider', async () => {
    const { client, username } = await newOwner()
    const { body, isUnchanged } = await whileProviderIsAsked(client, 'acme', '', () => removeFromAcme(username))
    expect(body.data).toEqual({
      configureSso: { ssoProvider: null, userErrors: [{ code: 'NOT_FOUND', path: ['organization'] }] },
    })
    expect(isUnchanged).toBe(true)
  })

  it('ends the rest of the mutation if it was a session that was signed out', async () => {
    const { client, ownOrganization } = await newOwner()
    const { body, isUnchanged } = await whileProviderIsAsked(client, ownOrganization, renameAcme, () =>
      client.send({ query: 'mutation { signOut { userErrors { code } } }' }),
    )
    expect(body.data).toBeNull()
    expect(body.errors).toMatchObject([{ path: ['configureSso'], extensions: { code: 'UNAUTHENTICATED' } }])
    expect(isUnchanged).toBe(true)
  })
})

describe('an administrator whose session ends while passwords are hashed in turns', () => {
  it('creates no more accounts where sign-up is closed', async () => {
    const closed = await startPostern({ allowSignUp: false })
    try {
      const client = await closed.signInAsAdministrator()
      const signUps = Array.from({ length: 12 }, (_, index) => {
        const input = {
          username: `new-${index}`,
          email: `new-${index}@example.com`,
          password: 'a long and new password',
        }
        const query = 'mutation ($input: SignUpInput!) { signUp(input: $input) { userErrors { code } } }'
        return client.send({ query, variables: { input } })
      })
      await Promise.race(signUps)
      // The sessions of new people begin with their accounts, and stay.
      await closed.em().execute('delete from session using user_account u where u.id = user_id and u.is_administrator')
      const outcomes = (await Promise.all(signUps)).map(({ body }) => body.errors?.[0]?.extensions.code ?? 'CREATED')
      expect(outcomes).toContain('UNAUTHENTICATED')
      expect(outcomes).toContain('CREATED')
      const created = outcomes.filter((outcome) => outcome === 'CREATED').length
      expect(await closed.em().count(User, { isAdministrator: false })).toBe(created)
    } finally {
      await closed.stop()
    }
  })
})

describe('a mutation that changes who calls', () => {
  it('continues as the person that it has signed in', async () => {
    const { username, password } = await newOwner()
    const signIn = `signIn(input: { username: "${username}", password: "${password}" }) { userErrors { code } }`
    const { body } = await postern.client().send({ query: `mutation { ${signIn} ${renameAcme} again: ${renameAcme} }` })
    expect(body).toEqual({
      data: { signIn: { userErrors: [] }, updateOrganization: { userErrors: [] }, again: { userErrors: [] } },
    })
  })

  it('continues as the person whose device it has signed in, with what a token may do', async () => {
    const { username, password } = await newOwner()
    const input = `{ username: "${username}", password: "${password}", deviceName: "laptop" }`
    const { body } = await postern.client().send({
      query: `mutation { signInDevice(input: ${input}) { userErrors { code } } ${renameAcme} }`,
    })
    expect(body.errors).toMatchObject([{ path: ['updateOrganization'], extensions: { code: 'FORBIDDEN' } }])
  })

  it('continues without a caller after it has signed out', async () => {
    const { client } = await newOwner()
    const { body } = await client.send({ query: `mutation { signOut { userErrors { code } } ${renameAcme} }` })
    expect(body.errors).toMatchObject([{ path: ['updateOrganization'], extensions: { code: 'UNAUTHENTICATED' } }])
  })
})
