import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  ActivateTokenDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  DeleteTokenDocument,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
  type UpdateTokenInput,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { createOwnedOrganization } from '../harness/callers.ts'
import { type GeneratedToken, generatePersonal, signInDevice } from '../harness/personal-token.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, expire, faultsOf, grantedActions } from './arrange.ts'

let postern: Postern
let ada: Person
let token: GeneratedToken
let people = 0

beforeAll(async () => {
  postern = await startPostern()
})
beforeEach(async () => {
  // A new person for each test, because the number of tokens per person and hour is limited.
  ada = await postern.signUp(`ada${++people}`)
  await createRepository(ada.client, `${ada.username}/diary`)
  await createRepository(ada.client, `${ada.username}/site`, 'PUBLIC')
  token = await generatePersonal(ada.client)
})
afterAll(() => postern.stop())

const own = (path: string) => `${ada.username}/${path}`
const update = async (input: UpdateTokenInput, id = token.id) =>
  (await ada.client.execute(UpdateTokenDocument, { id, input })).updateToken
const deactivate = async (id = token.id) => (await ada.client.execute(DeactivateTokenDocument, { id })).deactivateToken
const activate = async (id = token.id) => (await ada.client.execute(ActivateTokenDocument, { id })).activateToken
const read = async (id = token.id) => (await ada.client.execute(AccessTokenDocument, { id })).accessToken
const pathsOf = async () => (await read())?.scopes.map(({ path }) => path)
const events = async (action: string) => (await postern.em().find(ActivityEvent, { action, tokenId: token.id })).length

/** The actions that the token endpoint grants the token on a repository of its person. */
const granted = async (path: string) =>
  (await grantedActions(postern.url, { username: ada.username, secret: token.secret }, own(path))).actions

async function opens(): Promise<boolean> {
  const codes = await postern.client(token.secret).codesOf(ViewerDocument, {})
  const { status } = await grantedActions(postern.url, { username: ada.username, secret: token.secret }, own('diary'))
  expect([codes, status]).toEqual(codes.length === 0 ? [[], 200] : [['UNAUTHENTICATED'], 401])
  return codes.length === 0
}

describe('a personal token', () => {
  it('changes its label, description and access, with one event that contains the new values', async () => {
    const payload = await update({ label: 'desk', description: 'at home', access: 'READ' })
    expect(payload).toMatchObject({ accessToken: { label: 'desk', description: 'at home' }, userErrors: [] })
    expect(await read()).toMatchObject({
      access: 'READ',
      scopes: [{ path: '*/*', permissions: ['IMAGE_PULL', 'REPOSITORY_READ'] }],
    })
    const [event, ...more] = await postern
      .em()
      .find(ActivityEvent, { action: 'access_token.update', tokenId: token.id })
    expect(more).toEqual([])
    expect(event).toMatchObject({ target: 'desk', actorName: ada.username })
    expect(event?.data).toEqual({ label: 'desk', description: 'at home', access: 'READ', scopes: '*/*' })
    expect(event?.namespace).toBe(event?.actorId)
  })

  it('applies each access and each choice of repositories with the next request', async () => {
    expect(await granted('diary')).toEqual(['pull', 'push'])
    await update({ access: 'READ_WRITE_DELETE' })
    expect(await granted('diary')).toEqual(['pull', 'push', 'delete'])
    await update({ access: 'PUBLIC_READ' })
    expect(await pathsOf()).toEqual(['*/*/public'])
    expect([await granted('diary'), await granted('site')]).toEqual([[], ['pull']])
    await update({ access: 'READ', repositories: [own('diary')] })
    expect([await granted('diary'), await granted('site')]).toEqual([['pull'], []])
    await update({ access: 'READ_WRITE' })
    expect(await pathsOf()).toEqual([own('diary')])
    expect([await granted('diary'), await granted('site')]).toEqual([['pull', 'push'], []])
    await update({ repositories: null })
    expect(await pathsOf()).toEqual(['*/*'])
    expect([await granted('diary'), await granted('site')]).toEqual([
      ['pull', 'push'],
      ['pull', 'push'],
    ])
  })

  it('a token that lost its last repository does not get access to everything by another level', async () => {
    await createRepository(ada.client, own('brief'))
    await update({ repositories: [own('brief')] })
    await ada.client.execute(DeleteRepositoryDocument, { name: own('brief') })
    expect(await pathsOf()).toEqual([])
    await update({ access: 'READ_WRITE_DELETE' })
    expect(await pathsOf()).toEqual([])
    expect(await granted('diary')).toEqual([])
  })

  it.each<[UpdateTokenInput, string[]]>([
    [{ label: null }, ['INVALID input.label']],
    [{ access: null }, ['INVALID input.access']],
    [{ repositories: [] }, ['INVALID input.repositories']],
    [{ repositories: ['nobody/none'] }, ['NOT_FOUND input.repositories.0']],
    [{ scopes: [everyRepository()] }, ['INVALID input.scopes']],
    [{ pullLimit: null }, ['INVALID input.pullLimit']],
    [
      { label: '', scopes: null, pullLimit: 1, repositories: ['x'] },
      ['INVALID input.label', 'INVALID input.scopes', 'INVALID input.pullLimit', 'INVALID input.repositories.0'],
    ],
  ])('a personal token is INVALID with %j and %j, and does not change', async (input, faults) => {
    const before = await databaseDigest(postern)
    expect(faultsOf(await update(input))).toEqual(faults)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('a token cannot change to PUBLIC_READ while it names private repositories', async () => {
    await update({ repositories: [own('diary'), own('site')] })
    expect(faultsOf(await update({ access: 'PUBLIC_READ' }))).toEqual(['INVALID input.access'])
    await ada.client.execute(UpdateRepositoryDocument, { name: own('diary'), input: { visibility: 'PUBLIC' } })
    expect(faultsOf(await update({ access: 'PUBLIC_READ' }))).toEqual([])
    expect(await granted('diary')).toEqual(['pull'])
  })

  it('writes nothing if no value changes', async () => {
    await update({ repositories: [own('diary')] })
    const before = await databaseDigest(postern)
    const given = { label: ' laptop ', description: null, access: 'READ_WRITE' as const, repositories: [own('diary')] }
    for (const input of [{}, given, { access: given.access }]) expect(faultsOf(await update(input))).toEqual([])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('a personal token can be deactivated, changed while inactive, and activated again', async () => {
    expect(await opens()).toBe(true)
    expect((await deactivate()).accessToken?.status).toBe('INACTIVE')
    expect(await opens()).toBe(false)
    expect((await update({ label: 'spare' })).accessToken?.label).toBe('spare')
    expect((await deactivate()).userErrors).toEqual([])
    expect(await events('access_token.deactivate')).toBe(1)
    expect((await activate()).accessToken?.status).toBe('ACTIVE')
    expect(await opens()).toBe(true)
    expect((await activate()).userErrors).toEqual([])
    expect(await events('access_token.activate')).toBe(1)
  })

  it('a personal token can only be deleted after its expiry', async () => {
    await expire(postern.em(), token.id)
    expect(await opens()).toBe(false)
    for (const act of [() => update({ label: 'x' }), deactivate, activate])
      expect(faultsOf(await act())).toEqual(['TOKEN_EXPIRED id'])
    const { deleteToken } = await ada.client.execute(DeleteTokenDocument, { id: token.id })
    expect(deleteToken).toEqual({ deletedId: token.id, userErrors: [] })
    expect(await events('access_token.delete')).toBe(1)
    expect(await read()).toBeNull()
  })

  it('looks to everybody else, and to itself, like a missing one', async () => {
    const other = await postern.signUp(`eve${people}`)
    const administrator = await postern.signInAsAdministrator()
    const missing = 'tok_01ARZ3NDEKTSV4RRFFQ69G5FAV'
    for (const client of [other.client, administrator]) {
      const responses = await Promise.all(
        [token.id, missing].map((id) => client.execute(UpdateTokenDocument, { id, input: { label: 'mine' } })),
      )
      expect(responses[0]).toEqual(responses[1])
      expect(responses[0]?.updateToken.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
      expect((await client.execute(AccessTokenDocument, { id: token.id })).accessToken).toBeNull()
    }
    const itself = postern.client(token.secret)
    expect(await itself.codesOf(DeleteTokenDocument, { id: token.id })).toEqual(['FORBIDDEN'])
    expect((await itself.execute(AccessTokenDocument, { id: token.id })).accessToken?.label).toBe('laptop')
  })
})

describe('the token of a device', () => {
  it('the token of a device can change its label and description, but not its access', async () => {
    const { id } = await signInDevice(postern, ada)
    expect((await update({ label: 'desk', description: 'oak' }, id)).userErrors).toEqual([])
    expect(faultsOf(await update({ access: 'READ', repositories: null, label: 'other' }, id))).toEqual([
      'INVALID input.access',
      'INVALID input.repositories',
    ])
    expect(await read(id)).toMatchObject({ label: 'desk', access: 'READ_WRITE_DELETE' })
  })
})

describe('an organization token', () => {
  it('an organization token has no access level and no repositories to change', async () => {
    await createOwnedOrganization(postern, ada.client, `acme${people}`, 'TEAM')
    const organization = `acme${people}`
    const { id } = await generateToken(ada.client, { organization })
    expect(faultsOf(await update({ access: 'READ', repositories: null }, id))).toEqual([
      'INVALID input.access',
      'INVALID input.repositories',
    ])
    const before = await databaseDigest(postern)
    const same = { label: 'ci', description: ' ', pullLimit: null, scopes: [everyRepository(organization)] }
    expect(faultsOf(await update(same, id))).toEqual([])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('an organization token can only be activated if the policy of its organization allows its lifetime', async () => {
    const organization = `acme${people}`
    const organizationId = await createOwnedOrganization(postern, ada.client, organization, 'TEAM')
    const created = await generateToken(ada.client, { organization })
    await deactivate(created.id)
    expect(faultsOf(await activate(created.id))).toEqual(['TOKEN_INACTIVE id'])
    await postern.em().nativeUpdate(Organization, { id: organizationId }, { allowTokenReactivation: true })
    // It can only be changed while it is active.
    expect(faultsOf(await update({ label: 'x' }, created.id))).toEqual(['TOKEN_INACTIVE id'])
    expect((await activate(created.id)).accessToken?.status).toBe('ACTIVE')
    expect((await postern.client(created.secret).execute(ViewerDocument, {})).viewer?.accessToken?.label).toBe('ci')
  })
})

describe('a deleted repository', () => {
  it('leaves the scopes of personal tokens, with an event only their person sees', async () => {
    const ben = await postern.signUp(`ben${people}`)
    const name = `${ben.username}/site`
    await createRepository(ben.client, name, 'PUBLIC')
    await update({ repositories: [name, own('diary')] })
    await ben.client.execute(DeleteRepositoryDocument, { name })
    expect(await pathsOf()).toEqual([own('diary')])
    const [event] = await postern.em().find(ActivityEvent, { action: 'access_token.scope_remove', tokenId: token.id })
    expect(event).toMatchObject({ target: 'laptop', actorName: ben.username, data: { repository: name } })
    const [mine] = await postern.em().find(ActivityEvent, { action: 'user.sign_up', actorName: ada.username })
    expect(event?.namespace).toBe(mine?.namespace)
  })
})
