import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ViewerDocument } from '../../schema/typed-documents.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { SsoIdentity } from '../../src/domain/model/sso-tables.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { adminPassword, createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, faultsOf, userIdOf } from '../token/arrange.ts'
import { configure, enforce, newPerson, signInThrough } from './arrange.ts'

let postern: Postern
let owner: Client
let provider: OpenidProvider
let ids: Record<'acme' | 'globex', string>

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  ids = { acme: await createOrganization(owner, 'acme'), globex: await createOrganization(owner, 'globex') }
  await configure(owner, provider)
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

const credentialsOf = ({ username, password }: Person) => ({ username, password })

describe('linking an account', () => {
  it('signs it in, adds it as a member, and signs it in from then on', async () => {
    const ada = await postern.signUp('ada')
    // The same address, which would otherwise conflict.
    const claims = { preferred_username: 'lovelace', email: 'ada@example.com', email_verified: true }
    const subject = newPerson(provider, claims)
    for (const link of [credentialsOf(ada), null, { username: 'nobody', password: 'ignored' }]) {
      const { sessionToken, viewer, userErrors } = await signInThrough(postern, provider, subject, { link })
      expect(userErrors).toEqual([])
      expect(viewer?.user?.username).toBe('ada')
      const { viewer: later } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
      expect(later?.organizations.nodes).toMatchObject([{ name: 'acme', viewerRole: 'MEMBER' }])
    }
    const own = (await recordedActivity(postern, 'ada')).map(({ action, data }) => [action, data.through])
    expect(own.toSorted()).toEqual([
      ['user.sign_in', 'acme'],
      ['user.sign_in', 'acme'],
      ['user.sign_in', 'acme'],
      ['user.sign_up', undefined],
      ['user.sso_link', 'acme'],
    ])
    const joined = (await recordedActivity(postern, 'acme')).filter(({ target }) => target === 'ada')
    expect(joined.map(({ action }) => action)).toEqual(['organization.sso_join'])
  })

  it('accepts the names of organization and account in any case', async () => {
    const cased = await postern.signUp('cased')
    const { viewer, userErrors } = await signInThrough(postern, provider, newPerson(provider), {
      organization: 'Acme',
      link: { username: 'CASED', password: cased.password },
    })
    expect(userErrors).toEqual([])
    expect(viewer?.user?.username).toBe('cased')
  })

  it('keeps the role of a member', async () => {
    const editor = await postern.signUp('editor')
    await addMember(postern.em(), ids.acme, 'editor', 'EDITOR')
    const link = credentialsOf(editor)
    expect((await signInThrough(postern, provider, newPerson(provider), { link })).userErrors).toEqual([])
    const user = await userIdOf(postern.em(), 'editor')
    expect((await postern.em().findOneOrFail(Membership, { organization: ids.acme, user })).role).toBe('EDITOR')
  })

  it('links several people of the provider to one account', async () => {
    const many = await postern.signUp('many')
    for (const subject of [newPerson(provider), newPerson(provider)]) {
      const { viewer } = await signInThrough(postern, provider, subject, { link: credentialsOf(many) })
      expect(viewer?.user?.username).toBe('many')
    }
  })

  it('succeeds once, however many browsers send it at the same time', async () => {
    const twice = await postern.signUp('twice')
    const subject = newPerson(provider)
    const link = credentialsOf(twice)
    const payloads = await Promise.all([1, 2, 3].map(() => signInThrough(postern, provider, subject, { link })))
    expect(payloads.map(({ viewer }) => viewer?.user?.username)).toEqual(['twice', 'twice', 'twice'])
    const actions = (await recordedActivity(postern, 'twice')).map(({ action }) => action)
    expect(actions.filter((action) => action === 'user.sso_link')).toHaveLength(1)
    expect(actions.filter((action) => action === 'user.sign_in')).toHaveLength(3)
  })

  it('returns the same error for a wrong password and an unknown name, and changes nothing', async () => {
    await postern.signUp('target')
    const before = await databaseDigest(postern)
    const responses: unknown[] = []
    for (const username of ['target', 'nobody', 'acme', 'No Name']) {
      const link = { username, password: 'a guess at it' }
      responses.push(await signInThrough(postern, provider, newPerson(provider), { link }))
    }
    expect(new Set(responses.map((response) => JSON.stringify(response))).size).toBe(1)
    expect(responses[0]).toMatchObject({ sessionToken: null, userErrors: [{ code: 'SIGN_IN_FAILED' }] })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('never links an administrator of the installation', async () => {
    const before = await databaseDigest(postern)
    const link = { username: 'admin', password: adminPassword }
    const payload = await signInThrough(postern, provider, newPerson(provider), { link })
    expect(payload.sessionToken).toBeNull()
    expect(faultsOf(payload)).toEqual(['INVALID input.link'])
    expect(payload.userErrors[0]?.message).toContain('Administrators')
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('signs nobody in who has become an administrator since', async () => {
    const rising = await postern.signUp('rising')
    const subject = newPerson(provider)
    await signInThrough(postern, provider, subject, { link: credentialsOf(rising) })
    await postern.em().execute("update user_account set is_administrator = true where username = 'rising'")
    const payload = await signInThrough(postern, provider, subject)
    expect(payload.sessionToken).toBeNull()
    expect(faultsOf(payload)).toEqual(['INVALID input.link'])
  })

  it('lets members of an organization that enforces single sign-on sign in, with the correct password', async () => {
    const member = await postern.signUp('member')
    await addMember(postern.em(), ids.acme, 'member', 'MEMBER')
    await enforce(postern, 'acme')
    try {
      const subject = newPerson(provider)
      const link = credentialsOf(member)
      expect((await signInThrough(postern, provider, subject, { link })).viewer?.user?.username).toBe('member')
    } finally {
      await enforce(postern, 'acme', false)
    }
  })

  it('linking an account does not bypass another organization that enforces single sign-on', async () => {
    const guarded = await postern.signUp('guarded')
    await addMember(postern.em(), ids.globex, 'guarded', 'MEMBER')
    await enforce(postern, 'globex')
    // Any organization's owner could enforce it, too.
    await enforce(postern, 'acme')
    const linked = await postern.em().count(SsoIdentity, {})
    const subject = newPerson(provider)
    const payload = await signInThrough(postern, provider, subject, { link: credentialsOf(guarded) })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input.link'])
    // The response does not disclose that the password was correct.
    const link = { username: 'guarded', password: 'a guess at it' }
    expect(await signInThrough(postern, provider, subject, { link })).toEqual(payload)
    expect(await postern.em().count(SsoIdentity, {})).toBe(linked)
    for (const organization of ['acme', 'globex']) await enforce(postern, organization, false)
  })
})
