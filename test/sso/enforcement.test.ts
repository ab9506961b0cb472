import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ChangePasswordDocument,
  RemoveSsoDocument,
  SignInDocument,
  SsoProviderDocument,
  StartSsoSignInDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActions } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import {
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, askForToken, grantsIn, type Login } from '../harness/token-endpoint.ts'
import { addMember, faultsOf } from '../token/arrange.ts'
import { complete, configure, enforce, newPerson, signInThrough, start } from './arrange.ts'
import { personalTokenOf } from './personal-token.ts'

let postern: Postern
let owner: Client
let provider: OpenidProvider
let member: Person
let tokens: readonly Login[]

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const acmeId = await createOrganization(owner, 'acme')
  const globexId = await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/api')
  await configure(owner, provider)
  member = await postern.signUp('member')
  for (const id of [acmeId, globexId]) await addMember(postern.em(), id, 'member', 'EDITOR')
  tokens = [acme((await generateToken(owner)).secret), await personalTokenOf(postern, 'member')]
  await enforce(postern, 'acme')
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

async function signIn({ username, password }: Login) {
  return (await postern.client().execute(SignInDocument, { input: { username, password } })).signIn
}

/** What a login is granted on acme/api; null when it is refused. */
async function granted(login: Login): Promise<readonly string[] | null> {
  const answer = await askForToken(postern.url, { login, scopes: ['repository:acme/api:pull'] })
  return answer.status === 401 ? null : (grantsIn(answer)['acme/api'] ?? [])
}

const passwordOf = ({ username, password }: Person): Login => ({ username, password })

describe('where single sign-on is enforced', () => {
  it('refuses the right password of a member, with the way to sign in', async () => {
    const before = await databaseDigest(postern)
    const payload = await signIn(passwordOf(member))
    expect(payload).toMatchObject({ sessionToken: null, viewer: null, expiresAt: null })
    expect(faultsOf(payload)).toEqual(['SSO_REQUIRED input'])
    expect(payload.userErrors[0]?.message).toMatch(/\bacme\b.*startSsoSignIn/)
    expect(payload.userErrors[0]?.message).not.toContain('globex')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('names every organization that does', async () => {
    await enforce(postern, 'globex')
    expect((await signIn(passwordOf(member))).userErrors[0]?.message).toContain('acme and globex')
    await enforce(postern, 'globex', false)
  })

  it('tells nothing to whom does not know the password', async () => {
    const wrong = await signIn({ username: 'member', password: 'a guess at it' })
    expect(wrong).toEqual(await signIn({ username: 'nobody', password: 'a guess at it' }))
    expect(faultsOf(wrong)).toEqual(['SIGN_IN_FAILED input'])
  })

  it('refuses a docker login with the password, and takes tokens of both kinds', async () => {
    expect(await granted(passwordOf(member))).toBeNull()
    for (const token of tokens) expect(await granted(token)).toEqual(['pull'])
  })

  it('keeps the sessions that there are, in which the password can be changed', async () => {
    const input = { currentPassword: member.password, newPassword: 'another long password' }
    const { changePassword } = await member.client.execute(ChangePasswordDocument, { input })
    expect(changePassword.userErrors).toEqual([])
    member = { ...member, password: input.newPassword }
    expect(faultsOf(await signIn(passwordOf(member)))).toEqual(['SSO_REQUIRED input'])
  })

  it('lets members in through the provider', async () => {
    const link = passwordOf(member)
    const { sessionToken } = await signInThrough(postern, provider, newPerson(provider), { link })
    const { viewer } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
    expect(viewer?.user?.username).toBe('member')
  })

  it('lets in administrators of the installation with their passwords, and whoever is no member', async () => {
    const outsider = await postern.signUp('outsider')
    expect((await signIn(passwordOf(outsider))).userErrors).toEqual([])
    expect(await postern.signInAsAdministrator()).toHaveProperty('token', expect.stringMatching(/^pstn_ses_/))
  })

  it('keeps its provider', async () => {
    const { removeSso } = await owner.execute(RemoveSsoDocument, { organization: 'acme' })
    expect(faultsOf(removeSso)).toEqual(['INVALID organization'])
    expect(removeSso.userErrors[0]?.message).toContain('ssoEnforced')
    const { organization } = await owner.execute(SsoProviderDocument, { organization: 'acme' })
    expect(organization?.ssoProvider?.issuer).toBe(provider.client.issuer)
    expect(await recordedActions(postern, 'acme')).not.toContain('organization.sso_remove')
  })

  it('takes passwords again as soon as it is not enforced', async () => {
    await enforce(postern, 'acme', false)
    expect((await signIn(passwordOf(member))).userErrors).toEqual([])
    expect(await granted(passwordOf(member))).toEqual(['pull'])
    await enforce(postern, 'acme')
  })
})

// Last, because the provider stays away.
describe('while the provider is down', () => {
  it('tokens of both kinds go on, passwords stay refused, and sign-ins fail in words and soon', async () => {
    const underWay = await start(postern, provider)
    const callbackUrl = await provider.signIn(underWay.authorizationUrl, newPerson(provider))
    await provider.stop()

    for (const token of tokens) expect(await granted(token)).toEqual(['pull'])
    expect(await granted(passwordOf(member))).toBeNull()
    expect(faultsOf(await signIn(passwordOf(member)))).toEqual(['SSO_REQUIRED input'])

    const from = Date.now()
    const payload = await complete(postern, { signInToken: underWay.signInToken, callbackUrl })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
    expect(Date.now() - from).toBeLessThan(20_000)
  })

  it('begins sign-ins as long as it knows where the provider was', async () => {
    const { authorizationUrl } = await start(postern, provider)
    expect(authorizationUrl).toContain(provider.client.issuer)
  })

  it('begins none when it would have to ask', async () => {
    // The same provider under another spelling of its address, which nobody has asked for yet.
    const issuer = provider.client.issuer.replace('127.0.0.1', 'localhost')
    await postern.em().execute(`update sso_provider set issuer = '${issuer}'`)
    const input = { organization: 'acme', redirectUri: provider.redirectUri }
    const from = Date.now()
    const { startSsoSignIn } = await postern.client().execute(StartSsoSignInDocument, { input })
    expect(startSsoSignIn).toMatchObject({ authorizationUrl: null, signInToken: null, expiresAt: null })
    expect(faultsOf(startSsoSignIn)).toEqual(['SIGN_IN_FAILED input.organization'])
    expect(Date.now() - from).toBeLessThan(20_000)
  })
})
