import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AcceptInviteDocument,
  CreateOrganizationDocument,
  InviteMembersDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { User } from '../../src/domain/model/user.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { configure, newPerson, signInThrough } from './arrange.ts'

let postern: Postern
let owner: Client
let provider: OpenidProvider
let acme: string

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
  await configure(owner, provider)
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

/** The person, and their membership in acme. */
async function signedIn({ sessionToken, userErrors }: Awaited<ReturnType<typeof signInThrough>>) {
  expect(userErrors).toEqual([])
  expect(sessionToken).toMatch(/^pstn_ses_/)
  const { viewer } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
  if (!viewer?.user) throw new Error('Nobody is signed in.')
  const roles = viewer.organizations.nodes.map(({ name, viewerRole }) => `${name}: ${viewerRole}`)
  return { ...viewer.user, roles }
}

describe('the first sign-in of a person', () => {
  it('creates an account and a membership, with the claims of the provider', async () => {
    const claims = { preferred_username: 'ada', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true }
    const subject = newPerson(provider, claims)
    const user = await signedIn(await signInThrough(postern, provider, subject))
    const { username, displayName, email, roles } = user
    expect({ username, displayName, email, roles }).toEqual({
      username: 'ada',
      displayName: 'Ada Lovelace',
      email: null,
      roles: ['acme: MEMBER'],
    })
    const own = (await recordedActivity(postern, 'ada')).map(({ action, data }) => ({ action, data }))
    // Both have the same time.
    expect(new Set(own)).toEqual(
      new Set([
        { action: 'user.sign_up', data: { through: 'acme' } },
        { action: 'user.sign_in', data: { through: 'acme' } },
      ]),
    )
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'organization.sso_join',
      actorKind: 'USER',
      actorName: 'ada',
      target: 'ada',
      data: { role: 'MEMBER', through: 'acme' },
    })
  })

  it.each([
    ['Grace.Hopper', 'grace.hopper'],
    ['José Núñez@example.com', 'jose-nunez'],
    ['-_x__y--z._', 'x-y-z'],
    ['DOMAIN\\bob', 'domain-bob'],
    ['名前', 'person'],
    ['', 'person-2'],
    [`${'long'.repeat(30)}`, 'longlonglonglonglonglonglonglo'],
  ])('changes the username %s into a valid one', async (preferred_username, username) => {
    const subject = newPerson(provider, { preferred_username })
    expect(await signedIn(await signInThrough(postern, provider, subject))).toMatchObject({ username })
  })

  it('appends a number to a name that a person or organization has', async () => {
    const names: string[] = []
    for (const name of ['acme', 'acme', 'admin'])
      names.push(
        (await signedIn(await signInThrough(postern, provider, newPerson(provider, { preferred_username: name }))))
          .username,
      )
    expect(names).toEqual(['acme-2', 'acme-3', 'admin-2'])
  })

  it('uses the name in the e-mail address if there is no other', async () => {
    const subject = newPerson(provider, { email: 'linus@example.com', email_verified: true })
    const user = await signedIn(await signInThrough(postern, provider, subject))
    expect(user).toMatchObject({ username: 'linus', displayName: 'linus' })
  })

  it("stores no e-mail address, verified or not, because an invite to it may be another organization's", async () => {
    const founder = await postern.signUp('founder')
    await founder.client.execute(CreateOrganizationDocument, { input: { name: 'elsewhere' } })
    const { inviteMembers } = await founder.client.execute(InviteMembersDocument, {
      input: { organization: 'elsewhere', invitees: ['wanted@example.com'] },
    })
    const id = inviteMembers.results?.[0]?.invite?.id ?? ''
    for (const email_verified of [true, false, undefined, 'true']) {
      const subject = newPerson(provider, { email: 'wanted@example.com', email_verified })
      const payload = await signInThrough(postern, provider, subject)
      expect((await signedIn(payload)).email).toBeNull()
      const { acceptInvite } = await postern.client(payload.sessionToken ?? '').execute(AcceptInviteDocument, { id })
      expect(faultsOf(acceptInvite)).toEqual(['NOT_FOUND id'])
    }
  })

  it('stores no malformed names and addresses', async () => {
    const claims = { preferred_username: 'odd', name: 'a\u0007b', email: 'x'.repeat(300), email_verified: true }
    const user = await signedIn(await signInThrough(postern, provider, newPerson(provider, claims)))
    expect(user).toMatchObject({ username: 'odd', displayName: 'odd', email: null })
  })

  it('creates one account in several simultaneous browsers, and accounts with other names beside it', async () => {
    const claims = { preferred_username: 'twin', email: 'twin@example.com', email_verified: true }
    const subject = newPerson(provider, claims)
    const other = newPerson(provider, { preferred_username: 'twin' })
    const payloads = await Promise.all(
      [subject, subject, other, subject].map((each) => signInThrough(postern, provider, each)),
    )
    const users = await Promise.all(payloads.map(signedIn))
    expect(new Set(users.map(({ id }) => id)).size).toBe(2)
    expect(new Set(users.map(({ username }) => username))).toEqual(new Set(['twin', 'twin-2']))
  })

  it('creates no account with the e-mail address of another one, verified or not, and says what to do', async () => {
    await postern.signUp('victim')
    const before = await postern.em().count(User, {})
    for (const email_verified of [true, false]) {
      const subject = newPerson(provider, { email: 'VICTIM@example.com', email_verified })
      const payload = await signInThrough(postern, provider, subject)
      expect(payload).toMatchObject({ sessionToken: null, viewer: null, expiresAt: null })
      expect(faultsOf(payload)).toEqual(['TAKEN input.link'])
    }
    expect(await postern.em().count(User, {})).toBe(before)
  })

  it('creates an account without a usable password', async () => {
    const subject = newPerson(provider, { preferred_username: 'wordless' })
    await signedIn(await signInThrough(postern, provider, subject))
    const user = await postern.em().findOneOrFail(User, { username: 'wordless' }, { populate: ['passwordHash'] })
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })
})

describe('a later sign-in', () => {
  it('uses the same account, whatever name the provider has by now', async () => {
    const subject = newPerson(provider, {
      preferred_username: 'first',
      email: 'first@example.com',
      email_verified: true,
    })
    const first = await signedIn(await signInThrough(postern, provider, subject))
    provider.people.set(subject, { preferred_username: 'second', email: 'second@example.com', email_verified: true })
    expect(await signedIn(await signInThrough(postern, provider, subject))).toEqual(first)
    const actions = (await recordedActivity(postern, 'first')).map(({ action }) => action)
    expect(actions.sort()).toEqual(['user.sign_in', 'user.sign_in', 'user.sign_up'])
  })

  it('adds people who left as members again, and changes no role', async () => {
    const subject = newPerson(provider, { preferred_username: 'returning' })
    const { id } = await signedIn(await signInThrough(postern, provider, subject))
    await postern.em().nativeUpdate(Membership, { organization: acme, user: id }, { role: 'EDITOR' })
    expect((await signedIn(await signInThrough(postern, provider, subject))).roles).toEqual(['acme: EDITOR'])
    await postern.em().nativeDelete(Membership, { organization: acme, user: id })
    expect((await signedIn(await signInThrough(postern, provider, subject))).roles).toEqual(['acme: MEMBER'])
    const joined = (await recordedActivity(postern, 'acme')).filter(({ target }) => target === 'returning')
    expect(joined.map(({ action }) => action)).toEqual(['organization.sso_join', 'organization.sso_join'])
  })
})

describe('the same subject', () => {
  it('the same subject is another person through another organization', async () => {
    await createOrganization(owner, 'globex')
    await configure(owner, provider, 'globex')
    const subject = newPerson(provider, { preferred_username: 'both' })
    const one = await signedIn(await signInThrough(postern, provider, subject))
    const other = await signedIn(await signInThrough(postern, provider, subject, { organization: 'globex' }))
    expect([one.username, other.username]).toEqual(['both', 'both-2'])
    expect([one.roles, other.roles]).toEqual([['acme: MEMBER'], ['globex: MEMBER']])
  })
})
