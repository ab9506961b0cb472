import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Permission, RepositoryDocument, type ScopeInput } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, grantsIn } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client
let maker: { readonly id: string; readonly secret: string }

const on = (path: string, ...permissions: Permission[]): ScopeInput => ({ resource: 'REPOSITORY', path, permissions })
const inOrganization = (...permissions: Permission[]): ScopeInput => ({
  resource: 'ORGANIZATION',
  path: 'acme',
  permissions,
})

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await postern.signUp('ada')
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/named')
  const scopes = [on('acme/*', 'IMAGE_PUSH'), inOrganization('REPOSITORY_CREATE')]
  maker = await generateToken(owner, { label: 'maker', scopes })
})
afterAll(() => postern.stop())

const ask = (secret: string, ...scopes: string[]) => askForToken(postern.url, { login: acme(secret), scopes })

/** Everything that a first push writes. */
async function written() {
  const em = postern.em()
  const [repositories, events] = [await em.find(Repository, {}), await em.find(ActivityEvent, {})]
  return {
    repositories: repositories.map(({ path }) => path),
    events: events.filter(({ action }) => action === 'repository.create').map(({ target }) => target),
  }
}

describe('the first push to a repository', () => {
  it('creates it as private, records the event of its token, and is granted', async () => {
    const response = await askForToken(postern.url, {
      login: acme(maker.secret),
      scopes: ['repository:acme/first/push:push,pull'],
      headers: { 'user-agent': 'docker/28.2.2' },
    })
    expect(grantsIn(response)).toEqual({ 'acme/first/push': ['pull', 'push'] })
    const { repository } = await owner.execute(RepositoryDocument, { name: 'acme/first/push' })
    expect(repository).toMatchObject({ visibility: 'PRIVATE', description: null, organization: { name: 'acme' } })
    const events = await postern.em().find(ActivityEvent, { target: 'acme/first/push' })
    expect(events).toEqual([
      expect.objectContaining({
        action: 'repository.create',
        actorKind: 'ORGANIZATION_TOKEN',
        actorName: 'acme',
        tokenId: maker.id,
        tokenLabel: 'maker',
        ipAddress: '127.0.0.1',
        userAgent: 'docker/28.2.2',
        requestId: response.headers.get('x-request-id'),
        data: { visibility: 'PRIVATE' },
      }),
    ])
  })

  it('creates several repositories at once, each of them once', async () => {
    const before = await written()
    const scopes = ['repository:acme/one:push,pull', 'repository:acme/two:push', 'repository:acme/one:pull']
    expect(grantsIn(await ask(maker.secret, ...scopes))).toEqual({ 'acme/one': ['pull', 'push'], 'acme/two': ['push'] })
    expect(grantsIn(await ask(maker.secret, ...scopes))).toEqual({ 'acme/one': ['pull', 'push'], 'acme/two': ['push'] })
    const after = await written()
    expect(after.repositories.slice(before.repositories.length).sort()).toEqual(['one', 'two'])
    expect(after.events.slice(before.events.length).sort()).toEqual(['acme/one', 'acme/two'])
  })

  it('creates one repository and one event if twenty arrive at once on two servers, and all are granted', async () => {
    const second = await postern.startSecondInstance()
    try {
      for (let round = 0; round < 3; round++) {
        const name = `acme/crowded-${round}`
        const scopes = [`repository:${name}:push,pull`]
        const responses = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            askForToken(index % 2 === 0 ? postern.url : second.url, { login: acme(maker.secret), scopes }),
          ),
        )
        for (const response of responses) expect(grantsIn(response)).toEqual({ [name]: ['pull', 'push'] })
        expect(await postern.em().count(Repository, { path: `crowded-${round}` })).toBe(1)
        expect(await postern.em().count(ActivityEvent, { target: name })).toBe(1)
      }
    } finally {
      await second.stop()
    }
  })

  it.each<[string, ScopeInput[]]>([
    ['cannot create repositories', [on('acme/*', 'IMAGE_DELETE', 'REPOSITORY_ADMIN')]],
    ['may only pull from all repositories', [on('acme/*', 'IMAGE_PULL'), inOrganization('REPOSITORY_CREATE')]],
    ['covers no repository', [inOrganization('REPOSITORY_CREATE', 'REPOSITORY_LIST')]],
    [
      'covers named and public repositories only',
      [on('acme/named', 'IMAGE_PUSH'), on('*/*/public', 'IMAGE_PULL'), inOrganization('REPOSITORY_CREATE')],
    ],
  ])('creates nothing with a token that %s', async (_, scopes) => {
    const { secret } = await generateToken(owner, { label: 'no maker', scopes })
    const before = await written()
    expect(grantsIn(await ask(secret, 'repository:acme/unmade:push,pull'))).toEqual({})
    expect(await written()).toEqual(before)
  })

  it('creates it also with a token that may delete, which includes pushing', async () => {
    const scopes = [on('acme/*', 'IMAGE_DELETE'), inOrganization('REPOSITORY_CREATE')]
    const { secret } = await generateToken(owner, { label: 'deleter', scopes })
    const granted = grantsIn(await ask(secret, 'repository:acme/by-deleter:push,pull'))
    expect(granted).toEqual({ 'acme/by-deleter': ['pull', 'push'] })
  })

  it.each([
    ['a pull', 'acme/unmade:pull'],
    ['a deletion', 'acme/unmade:delete'],
    ['the star of a deletion by skopeo', 'acme/unmade:*'],
    ['a push in another organization', 'globex/unmade:push,pull'],
    ['a push in a person’s namespace', 'ada/unmade:push,pull'],
    ['a push in the administrator’s namespace', 'admin/unmade:push,pull'],
    ['a push in a missing namespace', 'nowhere/unmade:push,pull'],
    ['a push without a namespace', 'unmade:push,pull'],
    ['a push to the namespace itself', 'acme:push,pull'],
    ['a push in upper case', 'acme/Unmade:push,pull'],
    ['a push with an empty part', 'acme//unmade:push,pull'],
    ['a push with a slash at the end', 'acme/unmade/:push,pull'],
    ['a push to the parent folder', 'acme/../unmade:push,pull'],
    ['a push with a leading dot', 'acme/.unmade:push,pull'],
    ['a push with three underscores', 'acme/un___made:push,pull'],
    ['a push with a tag', 'acme/unmade:1.0:push,pull'],
    ['a push with the registry’s host', '127.0.0.1:5000/acme/unmade:push,pull'],
    ['a push in another script', 'acme/ünmade:push,pull'],
    ['a push with NUL', 'acme/un\0made:push,pull'],
    ['a push with a line break', 'acme/unmade\n:push,pull'],
    ['a push with SQL', "acme/x'--:push,pull"],
    ['a push to a name of 256 characters', `acme/${'a'.repeat(251)}:push,pull`],
  ])('creates nothing for %s', async (_, scope) => {
    const before = await written()
    expect(grantsIn(await ask(maker.secret, `repository:${scope}`))).toEqual({})
    expect(await written()).toEqual(before)
  })

  it('accepts a name of 255 characters', async () => {
    const name = `acme/${'a'.repeat(250)}`
    expect(grantsIn(await ask(maker.secret, `repository:${name}:push`))).toEqual({ [name]: ['push'] })
  })

  it('creates nothing for anonymous clients', async () => {
    const before = await written()
    expect(grantsIn(await askForToken(postern.url, { scopes: ['repository:acme/unmade:push,pull'] }))).toEqual({})
    expect(await written()).toEqual(before)
  })
})
