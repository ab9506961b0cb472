import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  DeactivateTokenDocument,
  DeleteTokenDocument,
  type PersonalAccess,
  PersonalTokensDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { Group, GroupMembership, GroupRepository } from '../../src/domain/model/group.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { addMember, createOwnedOrganization, removeMember, userIdOf } from '../harness/callers.ts'
import { type GeneratedToken, generatePersonal, signInDevice } from '../harness/personal-token.ts'
import { createRepository, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { anotherClient, askForToken, grantsIn } from '../harness/token-endpoint.ts'
import { expire } from '../token/arrange.ts'

const argon2 = vi.hoisted(() => ({ verify: 0 }))
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const original = await importOriginal<typeof import('@node-rs/argon2')>()
  const verify: typeof original.verify = (...args) => {
    argon2.verify += 1
    return original.verify(...args)
  }
  return { ...original, verify }
})

let postern: Postern
let owner: Person
/** An editor of `acme`, and a member of `globex` without a group. */
let ada: Person
let acmeId: string

beforeAll(async () => {
  postern = await startPostern({ plans: { ...defaultPlanTable, FREE: { ...defaultPlanTable.FREE, pulls: 6 } } })
  owner = await postern.signUp('owner')
  ada = await postern.signUp('ada')
  acmeId = await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
  await addMember(postern, acmeId, ada.client, 'EDITOR')
  const globex = await createOwnedOrganization(postern, owner.client, 'globex', 'TEAM')
  await addMember(postern, globex, ada.client, 'MEMBER')
  for (const name of ['acme/app', 'globex/core', 'owner/notes']) await createRepository(owner.client, name)
  for (const name of ['globex/site', 'owner/site']) await createRepository(owner.client, name, 'PUBLIC')
  await createRepository(ada.client, 'ada/diary')
})
afterEach(() => vi.useRealTimers())
afterAll(() => postern.stop())

const names = ['acme/app', 'globex/core', 'globex/site', 'owner/notes', 'owner/site', 'ada/diary', 'ada/none']

const askAs = (username: string, password: string, actions = '*', of = names, headers: Record<string, string> = {}) =>
  askForToken(postern.url, {
    login: { username, password },
    scopes: of.map((name) => `repository:${name}:${actions}`),
    headers,
  })
const granted = async (password: string, actions?: string, of?: string[]) =>
  grantsIn(await askAs('ada', password, actions, of))
const statusOf = async (username: string, password: string) => (await askAs(username, password)).status

const pull = ['pull']
const push = ['pull', 'push']
const remove = ['pull', 'push', 'delete']
const open = { 'globex/site': pull, 'owner/site': pull }

describe('a password', () => {
  it('a password has all access of the person: as owner, as editor, and to public repositories', async () => {
    expect(await granted(ada.password)).toEqual({ 'acme/app': push, 'ada/diary': remove, ...open })
  })

  it('fails with another username, and the username with another password', async () => {
    for (const username of ['owner', 'Ada', 'acme', 'nobody', ''])
      expect(await statusOf(username, ada.password === 'x' ? 'y' : `${ada.password}!`)).toBe(401)
    expect(await statusOf('acme', owner.password)).toBe(401)
    expect(await statusOf('ada', '')).toBe(401)
  })

  it('loses access with the membership that gave it', async () => {
    await removeMember(postern, acmeId, ada.client)
    expect(await granted(ada.password)).toEqual({ 'ada/diary': remove, ...open })
    await addMember(postern, acmeId, ada.client, 'EDITOR')
  })
})

describe('a personal token', () => {
  it.each<[PersonalAccess, Record<string, string[]>]>([
    ['PUBLIC_READ', open],
    ['READ', { 'acme/app': pull, 'ada/diary': pull, ...open }],
    ['READ_WRITE', { 'acme/app': push, 'ada/diary': push, ...open }],
    ['READ_WRITE_DELETE', { 'acme/app': push, 'ada/diary': remove, ...open }],
  ])('a personal token with %s has that much of the access of its person', async (access, held) => {
    const { secret } = await generatePersonal(ada.client, { access })
    expect(await granted(secret)).toEqual(held)
    for (const action of ['pull', 'push', 'delete']) {
      const some = Object.entries(held).filter(([, actions]) => actions.includes(action))
      const existing = names.filter((name) => name !== 'ada/none')
      expect(await granted(secret, action, existing)).toEqual(
        Object.fromEntries(some.map(([name]) => [name, [action]])),
      )
    }
  })

  it('a personal token for named repositories has access to only these, in whatever namespace', async () => {
    const { secret } = await generatePersonal(ada.client, {
      access: 'READ_WRITE_DELETE',
      repositories: ['acme/app', 'owner/site'],
    })
    expect(await granted(secret)).toEqual({ 'acme/app': push, 'owner/site': pull })
  })

  it('a personal token has in an organization the access that a group gives a member, and no more', async () => {
    const em = postern.em()
    const { secret } = await generatePersonal(ada.client)
    expect(await granted(secret, '*', ['globex/core'])).toEqual({})
    const [row] = await em.execute<Array<{ id: string; namespace_id: string }>>(
      "select r.id, r.namespace_id from repository r where path = 'core'",
    )
    const { id: repository, namespace_id: organization } = row ?? { id: '', namespace_id: '' }
    const group = newId('grp', new Date())
    await em.insert(Group, { id: group, organization, name: 'core', description: null, createdAt: new Date() })
    await em.insert(GroupMembership, { organization, group, user: await userIdOf(ada.client), joinedAt: new Date() })
    await em.insert(GroupRepository, { organization, repository, group, access: 'WRITE' })
    expect(await granted(secret, '*', ['globex/core'])).toEqual({ 'globex/core': push })
    expect(await granted(ada.password, '*', ['globex/core'])).toEqual({ 'globex/core': push })
    await em.nativeDelete(Group, { id: group })
    expect(await granted(secret, '*', ['globex/core'])).toEqual({})
  })

  it('loses access with the membership that gave it, also to repositories that it names', async () => {
    const tokens = [
      await generatePersonal(ada.client),
      await generatePersonal(ada.client, { repositories: ['acme/app'] }),
      await signInDevice(postern, ada),
    ]
    const reach = () => Promise.all(tokens.map(({ secret }) => granted(secret, 'pull', ['acme/app'])))
    expect(await reach()).toEqual(Array(3).fill({ 'acme/app': pull }))
    await removeMember(postern, acmeId, ada.client)
    expect(await reach()).toEqual([{}, {}, {}])
    await addMember(postern, acmeId, ada.client, 'EDITOR')
    expect(await reach()).toEqual(Array(3).fill({ 'acme/app': pull }))
  })

  it.each<[string, (token: GeneratedToken) => Promise<unknown>]>([
    ['deactivated', ({ id }) => ada.client.execute(DeactivateTokenDocument, { id })],
    ['expired', ({ id }) => expire(postern.em(), id)],
    ['deleted', ({ id }) => ada.client.execute(DeleteTokenDocument, { id })],
  ])('a personal token that is %s is rejected like a wrong one', async (_, end) => {
    const token = await generatePersonal(ada.client)
    expect(await statusOf('ada', token.secret)).toBe(200)
    await end(token)
    const [ended, wrong] = [await askAs('ada', token.secret), await askAs('ada', 'wrong')]
    expect([ended.status, ended.text]).toEqual([401, wrong.text])
  })

  it('works with the username of its person only', async () => {
    const { secret } = await generatePersonal(ada.client)
    for (const username of ['owner', 'acme', 'adam', 'laptop', '']) expect(await statusOf(username, secret)).toBe(401)
  })

  it('applies changes with the next request', async () => {
    const { id, secret } = await generatePersonal(ada.client)
    await ada.client.execute(UpdateTokenDocument, { id, input: { access: 'READ', repositories: ['ada/diary'] } })
    expect(await granted(secret)).toEqual({ 'ada/diary': pull })
  })
})

describe('a password that looks like a token', () => {
  it('a password that looks like a token is rejected without verification, unless it is a valid token', async () => {
    const { secret } = await generatePersonal(ada.client)
    const wrong = [
      mintSecret('pstn', 'pat').reveal(),
      mintSecret('pstn', 'oat').reveal(),
      `${secret}0`,
      secret.slice(0, -1) + (secret.endsWith('x') ? 'y' : 'x'),
      secret.replace('_pat_', '_oat_'),
      'pstn_pat_',
      'pstn_ses_nonsense',
      ada.sessionToken,
    ]
    const before = argon2.verify
    for (const password of wrong) expect(await statusOf('ada', password)).toBe(401)
    expect(await statusOf('ada', secret)).toBe(200)
    expect(argon2.verify).toBe(before)
    // Any other password costs one verification, whether the person exists or not.
    for (const username of ['ada', 'nobody', 'no name!']) await statusOf(username, 'wrong')
    expect(argon2.verify).toBe(before + 3)
  })
})

describe('a push to a missing repository', () => {
  it("is granted in the person's namespace and as an editor, with a token that may push to everything", async () => {
    const { secret } = await generatePersonal(ada.client)
    expect(await granted(secret, 'pull,push', ['ada/new', 'acme/new'])).toEqual({ 'ada/new': push, 'acme/new': push })
    expect(await granted(ada.password, 'pull,push', ['ada/new'])).toEqual({ 'ada/new': push })
    expect(await postern.em().execute("select id from repository where path = 'new'")).toEqual([])
  })

  it('is not granted with less access, for named repositories, or where the person may not', async () => {
    const bearers = [
      await generatePersonal(ada.client, { access: 'READ' }),
      await generatePersonal(ada.client, { repositories: ['ada/diary'] }),
    ]
    for (const { secret } of bearers) expect(await granted(secret, 'pull,push', ['ada/no', 'acme/no'])).toEqual({})
    const { secret } = await signInDevice(postern, ada)
    for (const password of [secret, ada.password])
      expect(await granted(password, 'pull,push', ['globex/no', 'owner/no', 'nobody/no'])).toEqual({})
    expect(await postern.em().execute("select id from repository where path = 'no'")).toEqual([])
  })
})

describe('pulls', () => {
  it('the pulls of all tokens and the password of a person count together, up to the limit of the person', async () => {
    vi.setSystemTime(Date.UTC(2032, 1, 2, 3, 4, 5))
    const eve = await postern.signUp('eve')
    const tokens = [await generatePersonal(eve.client), await generatePersonal(eve.client, { access: 'PUBLIC_READ' })]
    const device = await signInDevice(postern, eve)
    const pullWith = async (password: string) =>
      (await askAs('eve', password, 'pull', ['owner/site'], anotherClient())).status
    const passwords = [...tokens.map(({ secret }) => secret), device.secret, eve.password]
    const usage = async () => (await eve.client.execute(PersonalTokensDocument, {})).viewer?.user?.usageLimit
    const resetsAt = '2032-02-02T06:00:00.000Z'
    for (const password of [...passwords, ...passwords.slice(0, 2)]) expect(await pullWith(password)).toBe(200)
    expect(await usage()).toEqual({ limit: 6, used: 6, remaining: 0, resetsAt })
    expect(await Promise.all(passwords.map(pullWith))).toEqual([429, 429, 429, 429])
    const { text } = await askAs('eve', eve.password, 'pull', ['owner/site'], anotherClient())
    expect(text).toContain('all 6 pulls of yours in the usage window')
    // Nobody else is affected, and pushes continue.
    expect((await askAs('ada', ada.password, 'pull', ['owner/site'])).status).toBe(200)
    expect((await askAs('eve', eve.password, 'pull,push', ['eve/new'])).status).toBe(200)
    // A member of an organization on a larger plan has the pulls of that plan.
    await addMember(postern, acmeId, eve.client, 'MEMBER')
    expect(await Promise.all(passwords.map(pullWith))).toEqual([200, 200, 200, 200])
    expect(await usage()).toEqual({ limit: null, used: 10, remaining: null, resetsAt })
  })
})
