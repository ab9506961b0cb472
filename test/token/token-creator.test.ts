import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  AccessTokensDocument,
  DeleteTokenDocument,
  OrganizationDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, faultsOf, grantedActions, userIdOf } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let owner: Client
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/api')
})
afterAll(() => postern.stop())

/** A person who owns the organization only while they generate a token. */
async function generateAs(username: string) {
  const person = await postern.signUp(username)
  await addMember(postern.em(), acme, username, 'OWNER')
  return { person, token: await generateToken(person.client, { label: `of ${username}` }) }
}

async function listed(id: string) {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  return organization?.accessTokens.nodes.find((node) => node.id === id)
}

async function expectAtWork(secret: string): Promise<void> {
  const { viewer } = await postern.client(secret).execute(ViewerDocument, {})
  expect(viewer).toMatchObject({ user: null, organization: { name: 'acme' } })
  const grant = await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')
  expect(grant).toEqual({ status: 200, actions: ['pull', 'push'] })
}

it('a token acts as the organization, never as the person who generated it', async () => {
  const { person, token } = await generateAs('ann')
  await createRepository(person.client, 'ann/own')
  const { body } = await postern.client(token.secret).send({
    query:
      '{ viewer { user { id } accessToken { id } organizations { totalCount nodes { id } } } repository(name: "ann/own") { id } }',
  })
  expect(body).toEqual({
    data: {
      viewer: { user: null, accessToken: { id: token.id }, organizations: { totalCount: 0, nodes: [] } },
      repository: null,
    },
  })
  const byPerson = await grantedActions(postern.url, { username: 'ann', secret: token.secret }, 'acme/api')
  expect(byPerson).toEqual({ status: 401, actions: [] })
})

it('a token keeps working under the same name when its creator leaves the organization', async () => {
  const { person, token } = await generateAs('ben')
  const before = (await contentsOf(postern.em())).access_token
  await postern.em().nativeDelete(Membership, { user: await userIdOf(postern.em(), 'ben') })

  await expectAtWork(token.secret)
  expect(await listed(token.id)).toMatchObject({ status: 'ACTIVE', createdBy: { username: 'ben' } })
  expect((await contentsOf(postern.em())).access_token).toEqual(before)
  // A person who left cannot manage it anymore.
  expect(await person.client.execute(OrganizationDocument, { name: 'acme' })).toEqual({ organization: null })
  const input = { label: 'mine' }
  const { updateToken: theirs } = await person.client.execute(UpdateTokenDocument, { id: token.id, input })
  const { deleteToken } = await person.client.execute(DeleteTokenDocument, { id: token.id })
  expect([theirs, deleteToken].map(faultsOf)).toEqual([['NOT_FOUND id'], ['NOT_FOUND id']])
  // The other owners can.
  const { updateToken } = await owner.execute(UpdateTokenDocument, { id: token.id, input })
  expect(faultsOf(updateToken)).toEqual([])
})

it('a token keeps working without a creator when the account of its creator is deleted', async () => {
  const { person, token } = await generateAs('cat')
  const others = await postern.em().count(AccessToken, { id: { $ne: token.id } })
  const deleted = await postern.em().nativeDelete(Namespace, { name: person.username })
  expect(deleted).toBe(1)

  expect(await listed(token.id)).toMatchObject({ label: 'of cat', status: 'ACTIVE', createdBy: null })
  await expectAtWork(token.secret)
  expect(await postern.em().count(AccessToken, { id: { $ne: token.id } })).toBe(others)
  const { organization } = await owner.execute(AccessTokensDocument, {
    organization: 'acme',
    filter: { createdBy: 'cat' },
  })
  expect(organization?.accessTokens.totalCount).toBe(0)
  // The activity keeps the name of the actor.
  const { activity_event = [] } = await contentsOf(postern.em())
  expect(activity_event.filter((row) => row.includes(token.id) && row.includes(',cat,'))).toHaveLength(1)

  const { deleteToken } = await owner.execute(DeleteTokenDocument, { id: token.id })
  expect(deleteToken).toEqual({ deletedId: token.id, userErrors: [] })
})
