import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  DeactivateTokenDocument,
  ExplainAccessDocument,
  type Permission,
  RotateTokenDocument,
  type ScopeInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { personalAccesses } from '../../src/domain/model/personal-access.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import { addToGroup, changesNothing, createGroup, setGroupAccess } from '../group/arrange.ts'
import { addMember, createCompany, createOwnedOrganization, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonalToken } from '../harness/inserted-token.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { reportServed } from '../harness/registry-reports.ts'
import { anotherClient, askForToken, grantsIn, type Login } from '../harness/token-endpoint.ts'
import { expire } from '../token/arrange.ts'

let postern: Postern
let owner: Person
let companyOwner: Person
let editor: Person
let member: Person
let memberId: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  const plans = { ...defaultPlanTable, FREE: { ...defaultPlanTable.FREE, pulls: null } }
  postern = await startPostern({ plans })
  owner = await postern.signUp('ada')
  companyOwner = await postern.signUp('cleo')
  editor = await postern.signUp('edda')
  member = await postern.signUp('max')
  memberId = await userIdOf(member.client)
  const acme = await createOwnedOrganization(postern, owner.client, 'acme', 'BUSINESS')
  await createCompany(postern, 'holding', [acme], [companyOwner.client])
  await addMember(postern, acme, editor.client, 'EDITOR')
  await addMember(postern, acme, member.client, 'MEMBER')
  const founder = await postern.signUp('frida')
  await createOwnedOrganization(postern, founder.client, 'globex', 'BUSINESS')
  const repository = async (client: Client, name: string, visibility: 'PUBLIC' | 'PRIVATE') => {
    ids[name] = await createRepository(client, name, visibility)
  }
  await repository(owner.client, 'acme/app', 'PRIVATE')
  await repository(owner.client, 'acme/lib', 'PRIVATE')
  await repository(owner.client, 'acme/site', 'PUBLIC')
  await repository(founder.client, 'globex/core', 'PRIVATE')
  await repository(founder.client, 'globex/site', 'PUBLIC')
  await repository(member.client, 'max/diary', 'PRIVATE')
  const group = await createGroup(owner.client, 'writers')
  await addToGroup(group, owner.client, 'max')
  await setGroupAccess(group, owner.client, 'acme/lib', 'WRITE')
})
afterAll(() => postern.stop())

async function explain(client: Client, token: string, repository: string, permissions: readonly Permission[]) {
  const variables = { token, repository, permissions: [...permissions] }
  return (await client.execute(ExplainAccessDocument, variables)).explainAccess
}

/** The permissions with the reasons for their denial; null if granted. Every message must be a sentence. */
async function reasons(...args: Parameters<typeof explain>): Promise<Record<string, string | null>> {
  const explained = await explain(...args)
  for (const { granted, reason, message } of explained?.permissions ?? []) {
    expect(message).toMatch(/^[A-Z].{15,}\.$/)
    expect(granted).toBe(reason === null)
  }
  return Object.fromEntries(explained?.permissions.map(({ permission, reason }) => [permission, reason ?? null]) ?? [])
}

const actionOf = { IMAGE_PULL: 'pull', IMAGE_PUSH: 'push', IMAGE_DELETE: 'delete' } as const
const images = ['IMAGE_PULL', 'IMAGE_PUSH', 'IMAGE_DELETE'] as const
const everySubset = Array.from({ length: 7 }, (_, mask) => images.filter((_each, bit) => (mask + 1) & (1 << bit)))

let created = 0
const newName = (namespace: string) => `${namespace}/new-${++created}`

/**
 * Asks for an explanation of every set of actions on every repository, then requests the grant, and lets a registry
 * report the granted pushes. Returns the number of compared cases.
 */
async function compare(manager: Client, id: string, login: Login): Promise<number> {
  let compared = 0
  for (const subset of everySubset) {
    const names = [...Object.keys(ids), ...['acme', 'globex', 'max', 'edda', 'nowhere'].map(newName)]
    const explained = await Promise.all(names.map((name) => explain(manager, id, name, subset)))
    const actions = subset.map((permission) => actionOf[permission]).join(',')
    const scopes = names.map((name) => `repository:${name}:${actions}`)
    const granted = grantsIn(await askForToken(postern.url, { login, scopes }))
    const pushed = names.filter((name) => !(name in ids) && granted[name]?.includes('push'))
    await reportServed(postern, ...pushed.map((repository) => ({ method: 'PUT' as const, repository, subject: id })))
    for (const [index, name] of names.entries()) {
      const held = explained[index]?.permissions.filter((each) => each.granted).map(({ permission }) => permission)
      const expected = images.filter((permission) => held?.includes(permission)).map((each) => actionOf[each])
      const [, path = ''] = name.split('/')
      const isMade = !(name in ids) && (await postern.em().count(Repository, { path })) > 0
      const creates = explained[index]?.createsRepository
      expect({ name, subset, actions: granted[name] ?? [], isMade }).toEqual({
        name,
        subset,
        actions: expected,
        isMade: creates,
      })
      compared += 1
    }
  }
  return compared
}

const on = (path: string, ...permissions: Permission[]): ScopeInput => ({ resource: 'REPOSITORY', path, permissions })
const creating: ScopeInput = { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] }

describe('an explanation', () => {
  it.each<{ readonly scopes: ScopeInput[] }>([
    { scopes: [on('acme/app', 'IMAGE_PULL')] },
    { scopes: [on('acme/app', 'IMAGE_DELETE'), on('*/*/public', 'IMAGE_PULL')] },
    { scopes: [on('acme/*', 'IMAGE_PUSH')] },
    { scopes: [on('acme/*', 'IMAGE_PUSH'), creating] },
    { scopes: [on('acme/*', 'IMAGE_PULL'), on('acme/lib', 'IMAGE_PUSH'), creating] },
    { scopes: [on('acme/app', 'REPOSITORY_ADMIN'), creating] },
  ])('agrees with the grant of an organization token with the scopes $scopes', async ({ scopes }) => {
    const { id, secret } = await generateToken(owner.client, { scopes })
    expect(await compare(companyOwner.client, id, { username: 'acme', password: secret })).toBe(77)
  })

  it.each(personalAccesses)('agrees with the grants of personal tokens with %s', async (access) => {
    for (const person of [member, editor, companyOwner]) {
      const { id, secret } = await generatePersonalToken(postern, await userIdOf(person.client), { access })
      expect(await compare(person.client, id, { username: person.username, password: secret })).toBe(77)
    }
  })

  it('agrees with the grant of a personal token that names repositories', async () => {
    const repositoryIds = ['acme/app', 'acme/lib', 'max/diary'].map((name) => ids[name] ?? '')
    const { id, secret } = await generatePersonalToken(postern, memberId, { repositoryIds })
    expect(await compare(member.client, id, { username: 'max', password: secret })).toBe(77)
  })
})

describe('the reason of a denial', () => {
  const all: Permission[] = ['IMAGE_PULL', 'IMAGE_PUSH', 'REPOSITORY_EDIT']

  it('the reason of a denial is the scopes of an organization token, or a missing repository', async () => {
    const { id } = await generateToken(owner.client, { scopes: [on('acme/app', 'IMAGE_PULL', 'REPOSITORY_EDIT')] })
    const of = (name: string, permissions = all) => reasons(owner.client, id, name, permissions)
    const every = (reason: string) => ({ IMAGE_PULL: reason, IMAGE_PUSH: reason, REPOSITORY_EDIT: reason })
    expect(await of('acme/app')).toEqual({
      IMAGE_PULL: null,
      IMAGE_PUSH: 'PERMISSION_NOT_IN_SCOPE',
      REPOSITORY_EDIT: null,
    })
    expect(await of('acme/lib')).toEqual(every('NO_SCOPE_FOR_REPOSITORY'))
    expect(await of('globex/site')).toEqual(every('NO_SCOPE_FOR_REPOSITORY'))
    const elsewhere = await explain(owner.client, id, 'globex/site', ['IMAGE_PULL'])
    expect(elsewhere?.permissions[0]?.message).toContain('*/*/public')
    expect(await of('acme/none')).toEqual(every('REPOSITORY_MISSING'))
    // A repository that the caller cannot see has exactly the message of a missing one.
    const [hidden, missing] = await Promise.all(
      ['globex/core', 'globex/none'].map((name) => explain(owner.client, id, name, all)),
    )
    expect(JSON.stringify(hidden).replaceAll('globex/core', 'globex/none')).toBe(JSON.stringify(missing))
  })

  it('the reason of a denial is the access level, the repositories or the person of a personal token', async () => {
    const token = (more: object) => generatePersonalToken(postern, memberId, more)
    const of = async (name: string, { id }: { id: string }) => reasons(member.client, id, name, all)
    const reading = await token({ access: 'READ' })
    expect(await of('acme/lib', reading)).toEqual({
      IMAGE_PULL: null,
      IMAGE_PUSH: 'PERMISSION_NOT_IN_ACCESS',
      REPOSITORY_EDIT: 'PERSON_LACKS_PERMISSION',
    })
    expect((await of('max/diary', reading)).REPOSITORY_EDIT).toBe('PERMISSION_NOT_IN_ACCESS')
    expect(await of('acme/app', reading)).toMatchObject({ IMAGE_PULL: 'REPOSITORY_MISSING' })
    expect(await of('acme/site', reading)).toMatchObject({ IMAGE_PULL: null, IMAGE_PUSH: 'PERSON_LACKS_PERMISSION' })
    const publicOnly = await token({ access: 'PUBLIC_READ' })
    expect((await of('max/diary', publicOnly)).IMAGE_PULL).toBe('PERMISSION_NOT_IN_ACCESS')
    const named = await token({ repositoryIds: [ids['max/diary'] ?? ''] })
    expect((await of('acme/lib', named)).IMAGE_PULL).toBe('NO_SCOPE_FOR_REPOSITORY')
  })

  it('the reason of a denial is the status of every inactive or expired token, whatever the request', async () => {
    const ofOrganization = { client: owner.client, ...(await generateToken(owner.client)) }
    const ofPerson = { client: member.client, ...(await generatePersonalToken(postern, memberId)) }
    for (const { client, id } of [ofOrganization, ofPerson]) {
      await client.execute(DeactivateTokenDocument, { id })
      expect(await reasons(client, id, 'acme/site', ['IMAGE_PULL'])).toEqual({ IMAGE_PULL: 'TOKEN_INACTIVE' })
      await expire(postern.em(), id)
      expect(await reasons(client, id, 'acme/none', ['IMAGE_PUSH'])).toEqual({ IMAGE_PUSH: 'TOKEN_EXPIRED' })
    }
  })

  it('the reason of a denial is the used-up pull limit, for requests whose pulls are counted', async () => {
    const { id, secret } = await generateToken(owner.client, { pullLimit: 1 })
    const login = { username: 'acme', password: secret }
    expect(await reasons(owner.client, id, 'acme/app', ['IMAGE_PULL'])).toEqual({ IMAGE_PULL: null })
    expect((await askForToken(postern.url, { login, scopes: ['repository:acme/app:pull'] })).status).toBe(200)
    const failed = await explain(owner.client, id, 'acme/app', ['REPOSITORY_READ', 'IMAGE_PULL'])
    expect(failed?.permissions).toMatchObject([
      { reason: 'PERMISSION_NOT_IN_SCOPE', resetsAt: null },
      { reason: 'PULL_LIMIT_REACHED', resetsAt: expect.stringMatching(/Z$/) },
    ])
    const next = { login, scopes: ['repository:acme/app:pull'], headers: anotherClient() }
    expect((await askForToken(postern.url, next)).status).toBe(429)
    // A client that pushes also pulls what it needs.
    const both = { IMAGE_PULL: null, IMAGE_PUSH: null }
    expect(await reasons(owner.client, id, 'acme/app', ['IMAGE_PULL', 'IMAGE_PUSH'])).toEqual(both)
    expect((await askForToken(postern.url, { login, scopes: ['repository:acme/app:pull,push'] })).status).toBe(200)
  })
})

describe('an explanation', () => {
  it('says how a missing repository can be created', async () => {
    const { id } = await generateToken(owner.client, { scopes: [on('acme/*', 'IMAGE_PUSH'), creating] })
    const pushed = await explain(owner.client, id, 'acme/first', ['IMAGE_PUSH', 'IMAGE_PULL', 'IMAGE_PUSH'])
    expect(pushed).toMatchObject({
      createsRepository: true,
      permissions: [
        { permission: 'IMAGE_PUSH', granted: true },
        { permission: 'IMAGE_PULL', granted: true },
      ],
    })
    const pulled = await explain(owner.client, id, 'acme/first', ['IMAGE_PULL', 'IMAGE_DELETE'])
    expect(pulled).toMatchObject({
      createsRepository: false,
      permissions: [
        { granted: true, message: expect.stringContaining('does not exist until a registry reports its first push') },
        { granted: false, reason: 'PERMISSION_NOT_IN_SCOPE' },
      ],
    })
  })

  it('changes nothing: no pulls, no uses, no repositories and no events', async () => {
    const { id } = await generateToken(owner.client, { scopes: [on('acme/*', 'IMAGE_PUSH'), creating], pullLimit: 1 })
    await changesNothing(postern, async () => {
      for (const name of ['acme/app', 'acme/unborn'])
        for (const subset of everySubset) await explain(owner.client, id, name, subset)
    })
    const { accessToken } = await owner.client.execute(AccessTokenDocument, { id })
    expect(accessToken).toMatchObject({ lastUsedAt: null, usageLimit: { used: 0 } })
  })

  it('follows a rotation and an edit with the next request', async () => {
    const { id } = await generateToken(owner.client, { scopes: [on('acme/app', 'IMAGE_PULL')] })
    for (const graceSeconds of [0, 3600]) {
      await owner.client.execute(RotateTokenDocument, { id, input: { graceSeconds } })
      expect(await reasons(owner.client, id, 'acme/app', ['IMAGE_PULL'])).toEqual({ IMAGE_PULL: null })
    }
    await owner.client.execute(UpdateTokenDocument, { id, input: { scopes: [on('acme/lib', 'IMAGE_PULL')] } })
    const reason = { IMAGE_PULL: 'NO_SCOPE_FOR_REPOSITORY' }
    expect(await reasons(owner.client, id, 'acme/app', ['IMAGE_PULL'])).toEqual(reason)
  })

  it('an explanation is null for people who do not manage the token, and denied to other callers', async () => {
    const shared = await generateToken(owner.client)
    const own = await generatePersonalToken(postern, memberId)
    const ask = (client: Client, id: string) => explain(client, id, 'acme/site', ['IMAGE_PULL'])
    for (const manager of [owner, companyOwner]) expect(await ask(manager.client, shared.id)).not.toBeNull()
    expect(await ask(member.client, own.id)).not.toBeNull()
    for (const { client } of [editor, member]) expect(await ask(client, shared.id)).toBeNull()
    for (const { client } of [owner, editor]) expect(await ask(client, own.id)).toBeNull()
    expect(await ask(owner.client, 'tok_01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBeNull()
    const variables = { token: shared.id, repository: 'acme/site', permissions: ['IMAGE_PULL' as const] }
    for (const { secret } of [shared, own])
      expect(await postern.client(secret).codesOf(ExplainAccessDocument, variables)).toEqual(['FORBIDDEN'])
    expect(await postern.client().codesOf(ExplainAccessDocument, variables)).toEqual(['UNAUTHENTICATED'])
  })

  it('accepts names of repositories, and permissions on them', async () => {
    const { id: token } = await generateToken(owner.client)
    const codes = (repository: string, ...permissions: Permission[]) =>
      owner.client.codesOf(ExplainAccessDocument, { token, repository, permissions })
    for (const name of ['acme', 'acme/*', 'acme/App', ''])
      expect(await codes(name, 'IMAGE_PULL')).toEqual(['BAD_USER_INPUT'])
    for (const permission of ['REPOSITORY_CREATE', 'MEMBER_READ'] as const)
      expect(await codes('acme/app', 'IMAGE_PULL', permission)).toEqual(['BAD_USER_INPUT'])
  })
})
