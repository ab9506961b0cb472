import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  DeleteRepositoryDocument,
  type ScopeInput,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, faultsOf, grantedActions, tryToGenerate } from './arrange.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())

function pulls(path: string): ScopeInput {
  return { resource: 'REPOSITORY', path, permissions: ['IMAGE_PULL'] }
}

async function scopesOf(id: string): Promise<string[] | undefined> {
  const { accessToken } = await owner.execute(AccessTokenDocument, { id })
  return accessToken?.scopes.map(({ path }) => path)
}

it("a deletion removes the repository from every token's scopes, with an event for each", async () => {
  await createRepository(owner, 'acme/api')
  await createRepository(owner, 'acme/web')
  const both = await generateToken(owner, { label: 'both', scopes: [pulls('acme/web'), pulls('acme/api')] })
  const one = await generateToken(owner, { label: 'one', scopes: [pulls('acme/api')] })
  const all = await generateToken(owner, { label: 'all', scopes: [everyRepository()] })
  const other = await generateToken(owner, { label: 'other', scopes: [pulls('acme/web')] })
  const eventsBefore = await postern.em().count(ActivityEvent)

  const { deleteRepository } = await owner.execute(DeleteRepositoryDocument, { name: 'acme/api' })
  expect(deleteRepository.userErrors).toEqual([])
  expect(await scopesOf(both.id)).toEqual(['acme/web'])
  expect(await scopesOf(one.id)).toEqual([])
  expect(await scopesOf(all.id)).toEqual(['acme/*'])
  expect(await scopesOf(other.id)).toEqual(['acme/web'])

  const events = await postern.em().find(ActivityEvent, {}, { orderBy: { id: 'desc' } })
  expect(events).toHaveLength(eventsBefore + 3)
  const latest = events.filter(({ at }) => at.getTime() === events[0]?.at.getTime())
  expect(
    latest
      .map(({ action, target, tokenId, tokenLabel, data }) => ({ action, target, tokenId, tokenLabel, data }))
      .toSorted((a, b) => a.target.localeCompare(b.target)),
  ).toEqual([
    { action: 'repository.delete', target: 'acme/api', tokenId: null, tokenLabel: null, data: {} },
    ...[both, one].map(({ id }, index) => {
      const label = ['both', 'one'][index]
      const data = { repository: 'acme/api' }
      return { action: 'access_token.scope_remove', target: label, tokenId: id, tokenLabel: label, data }
    }),
  ])
})

it('a token without scopes stays active without access until it gets scopes again', async () => {
  await createRepository(owner, 'acme/gone')
  const { id, secret } = await generateToken(owner, { scopes: [pulls('acme/gone')] })
  await owner.execute(DeleteRepositoryDocument, { name: 'acme/gone' })

  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme' })
  expect(organization?.accessTokens.nodes.find((node) => node.id === id)).toMatchObject({
    status: 'ACTIVE',
    scopes: [],
  })
  const { viewer } = await postern.client(secret).execute(ViewerDocument, {})
  expect(viewer?.accessToken).toEqual({ label: 'ci' })
  const credentials = { username: 'acme', secret }
  expect(await grantedActions(postern.url, credentials, 'acme/gone')).toEqual({ status: 200, actions: [] })

  // A new repository of the old name is another repository.
  await createRepository(owner, 'acme/gone')
  expect(await scopesOf(id)).toEqual([])
  expect(await grantedActions(postern.url, credentials, 'acme/gone')).toEqual({ status: 200, actions: [] })
  await owner.execute(UpdateTokenDocument, { id, input: { scopes: [pulls('acme/gone')] } })
  expect(await grantedActions(postern.url, credentials, 'acme/gone')).toEqual({ status: 200, actions: ['pull'] })
})

it('a token without scopes can be changed in every other way', async () => {
  await createRepository(owner, 'acme/short')
  const { id } = await generateToken(owner, { scopes: [pulls('acme/short')] })
  await owner.execute(DeleteRepositoryDocument, { name: 'acme/short' })
  const { updateToken } = await owner.execute(UpdateTokenDocument, { id, input: { label: 'renamed' } })
  expect(updateToken).toMatchObject({ accessToken: { label: 'renamed', scopes: [] }, userErrors: [] })
})

it('a deletion that is denied, to a person or a token, keeps all scopes', async () => {
  await createRepository(owner, 'acme/kept', 'PUBLIC')
  const { id, secret } = await generateToken(owner, {
    scopes: [{ resource: 'REPOSITORY', path: 'acme/kept', permissions: ['IMAGE_DELETE', 'REPOSITORY_EDIT'] }],
  })
  const sam = await postern.signUp('sam')
  const before = await databaseDigest(postern)
  expect(await sam.client.codesOf(DeleteRepositoryDocument, { name: 'acme/kept' })).toEqual(['FORBIDDEN'])
  expect(await databaseDigest(postern)).toBe(before)
  expect(await postern.client(secret).codesOf(DeleteRepositoryDocument, { name: 'acme/kept' })).toEqual(['FORBIDDEN'])
  expect(await scopesOf(id)).toEqual(['acme/kept'])
})

it('a scope never names a repository that is deleted at the same time', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `acme/race${index}`)
  for (const name of names) await createRepository(owner, name)
  const { id } = await generateToken(owner)
  const outcomes = await Promise.all(
    names.flatMap((name) => [
      tryToGenerate(owner, { label: name, scopes: [pulls(name)] }).then(faultsOf),
      owner.execute(DeleteRepositoryDocument, { name }).then(({ deleteRepository }) => faultsOf(deleteRepository)),
      owner
        .execute(UpdateTokenDocument, { id, input: { scopes: [pulls(name), everyRepository()] } })
        .then(({ updateToken }) => faultsOf(updateToken)),
    ]),
  )
  expect([[], ['NOT_FOUND input.scopes.0.path']]).toEqual(expect.arrayContaining(outcomes))
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  const raced = organization?.accessTokens.nodes.filter((node) => node.id === id || node.label.includes('race')) ?? []
  for (const { scopes, label } of raced)
    expect([label, scopes]).toEqual([label, label === 'ci' ? [everyRepository()] : []])
  // Every removed scope has its event.
  const created = outcomes.filter((faults, index) => index % 3 === 0 && faults.length === 0).length
  expect(raced.filter(({ label }) => label.includes('race'))).toHaveLength(created)
  const removed = await postern.em().find(ActivityEvent, { action: 'access_token.scope_remove' })
  expect(removed.filter(({ target }) => target.includes('race'))).toHaveLength(created)
})
