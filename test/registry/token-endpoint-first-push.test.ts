import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Permission, RepositoryDocument, type ScopeInput } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
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

/** Everything that a first push creates. */
async function written() {
  const em = postern.em()
  const [repositories, events] = [await em.find(Repository, {}), await em.find(ActivityEvent, {})]
  return {
    repositories: repositories.map(({ path }) => path),
    events: events.filter(({ action }) => action === 'repository.create').map(({ target }) => target),
  }
}

describe('a request for the first push to a repository', () => {
  it('is granted and creates nothing, however often it is sent', async () => {
    const before = await written()
    for (const scope of ['push,pull', 'push', 'pull,push,delete']) {
      const expected = scope === 'push' ? ['push'] : ['pull', 'push']
      expect(grantsIn(await ask(maker.secret, `repository:acme/tpyo:${scope}`))).toEqual({ 'acme/tpyo': expected })
    }
    expect(await written()).toEqual(before)
    const { repository } = await owner.execute(RepositoryDocument, { name: 'acme/tpyo' })
    expect(repository).toBeNull()
  })

  it('lets the same token pull before the registry has reported the push', async () => {
    const before = await written()
    expect(grantsIn(await ask(maker.secret, 'repository:acme/just-pushed:pull'))).toEqual({
      'acme/just-pushed': ['pull'],
    })
    expect(await written()).toEqual(before)
  })

  it('can name fifty repositories, for the statements of a request with one', async () => {
    const before = await written()
    const scopes = Array.from({ length: 50 }, (_, index) => `repository:acme/many-${index}:pull,push`)
    const statements = await statementsOf(async () => {
      expect(Object.keys(grantsIn(await ask(maker.secret, ...scopes)))).toHaveLength(50)
    })
    expect(statements.length).toBeLessThanOrEqual(6)
    expect(await written()).toEqual(before)
  })

  it.each<[string, ScopeInput[]]>([
    ['cannot create repositories', [on('acme/*', 'IMAGE_DELETE', 'REPOSITORY_ADMIN')]],
    ['may only pull from all repositories', [on('acme/*', 'IMAGE_PULL'), inOrganization('REPOSITORY_CREATE')]],
    ['covers no repository', [inOrganization('REPOSITORY_CREATE', 'REPOSITORY_LIST')]],
    [
      'covers named and public repositories only',
      [on('acme/named', 'IMAGE_PUSH'), on('*/*/public', 'IMAGE_PULL'), inOrganization('REPOSITORY_CREATE')],
    ],
  ])('is granted nothing with a token that %s', async (_, scopes) => {
    const { secret } = await generateToken(owner, { label: 'no maker', scopes })
    const before = await written()
    expect(grantsIn(await ask(secret, 'repository:acme/unmade:push,pull'))).toEqual({})
    expect(await written()).toEqual(before)
  })

  it('is granted to a token that may delete, which includes pushing', async () => {
    const scopes = [on('acme/*', 'IMAGE_DELETE'), inOrganization('REPOSITORY_CREATE')]
    const { secret } = await generateToken(owner, { label: 'deleter', scopes })
    const granted = grantsIn(await ask(secret, 'repository:acme/by-deleter:push,pull'))
    expect(granted).toEqual({ 'acme/by-deleter': ['pull', 'push'] })
  })

  it.each([
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
  ])('is granted nothing if it is %s', async (_, scope) => {
    const before = await written()
    expect(grantsIn(await ask(maker.secret, `repository:${scope}`))).toEqual({})
    expect(await written()).toEqual(before)
  })

  it('accepts a name of 255 characters', async () => {
    const name = `acme/${'a'.repeat(250)}`
    expect(grantsIn(await ask(maker.secret, `repository:${name}:push`))).toEqual({ [name]: ['push'] })
  })

  it('is granted nothing without a login', async () => {
    const before = await written()
    expect(grantsIn(await askForToken(postern.url, { scopes: ['repository:acme/unmade:push,pull'] }))).toEqual({})
    expect(await written()).toEqual(before)
  })
})
