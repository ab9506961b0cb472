import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  type AccessTokenQuery,
  DeactivateTokenDocument,
  UpdateTokenDocument,
  type UpdateTokenInput,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, faultsOf } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/api')
})
beforeEach(async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  token = await generateToken(owner, { label: 'ci', description: 'builds', pullLimit: 10, expiresAt })
})
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

async function update(input: UpdateTokenInput, id = token.id) {
  return (await owner.execute(UpdateTokenDocument, { id, input })).updateToken
}

async function read(): Promise<AccessTokenQuery['accessToken']> {
  return (await owner.execute(AccessTokenDocument, { id: token.id })).accessToken
}

describe('updateToken', () => {
  it('changes the given values, and returns and stores them', async () => {
    const scopes = [{ resource: 'REPOSITORY', path: 'acme/api', permissions: ['IMAGE_PULL'] } as const].map(
      (scope) => ({
        ...scope,
        permissions: [...scope.permissions],
      }),
    )
    const payload = await update({ label: ' nightly ', description: 'at 3 am', pullLimit: 0, scopes })
    const expected = { label: 'nightly', description: 'at 3 am', scopes, usageLimit: { limit: 0 } }
    expect(payload).toMatchObject({ accessToken: { id: token.id, ...expected }, userErrors: [] })
    expect(await read()).toMatchObject(expected)
  })

  it.each<[string, UpdateTokenInput, object]>([
    ['the label', { label: 'other' }, { label: 'other' }],
    ['the description', { description: 'other' }, { description: 'other' }],
    ['the description, to none', { description: null }, { description: null }],
    ['the description, to null if it is blank', { description: ' ' }, { description: null }],
    ['the pull limit', { pullLimit: 3 }, { usageLimit: { limit: 3 } }],
    ["the pull limit, to the plan's", { pullLimit: null }, { usageLimit: { limit: null, remaining: null } }],
    ['nothing, if nothing is given', {}, {}],
  ])('changes only %s', async (_, input, expected) => {
    const before = await read()
    expect(faultsOf(await update(input))).toEqual([])
    const after = await read()
    expect(after).toMatchObject(expected)
    const same = before && { ...before, ...expected, usageLimit: { ...before.usageLimit, ...after?.usageLimit } }
    expect(after).toEqual(same)
  })

  it('writes nothing and no event if nothing is given', async () => {
    const before = await databaseDigest(postern)
    expect(await update({})).toMatchObject({ accessToken: { id: token.id, label: 'ci' }, userErrors: [] })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('changes no other token', async () => {
    const other = await generateToken(owner, { label: 'other', description: 'untouched', pullLimit: 1 })
    const rowsOf = async () =>
      Object.values(await contentsOf(postern.em())).flatMap((rows) => rows.filter((row) => row.includes(other.id)))
    const before = await rowsOf()
    await update({ label: 'changed', description: null, pullLimit: null, scopes: [everyRepository()] })
    expect(await rowsOf()).toEqual(before)
  })

  it('changes all or nothing: one error prevents the whole change', async () => {
    const before = await databaseDigest(postern)
    const payload = await update({ label: 'fine', description: 'fine', scopes: [everyRepository('globex')] })
    expect(faultsOf(payload)).toEqual(['INVALID input.scopes.0.path'])
    expect(payload.accessToken).toBeNull()
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('reports all errors together', async () => {
    const missing = { ...everyRepository(), path: 'acme/missing' }
    const faults = faultsOf(await update({ label: null, description: 'a\nb', pullLimit: -1, scopes: [missing] }))
    expect(faults.toSorted()).toEqual([
      'INVALID input.description',
      'INVALID input.label',
      'INVALID input.pullLimit',
      'NOT_FOUND input.scopes.0.path',
    ])
  })

  it.each<[string, UpdateTokenInput]>([
    ['INVALID input.label', { label: null }],
    ['INVALID input.label', { label: '' }],
    ['INVALID input.scopes', { scopes: null }],
    ['INVALID input.scopes', { scopes: [] }],
  ])('returns %s for %j: these values are required', async (fault, input) => {
    const before = await databaseDigest(postern)
    expect(faultsOf(await update(input))).toEqual([fault])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('updateToken has no field for the expiry, and rejects unknown fields', async () => {
    const { body } = await owner.send({ query: '{ __type(name: "UpdateTokenInput") { inputFields { name } } }' })
    expect(body.data?.__type).toEqual({
      inputFields: expect.arrayContaining(['label', 'description', 'scopes', 'pullLimit'].map((name) => ({ name }))),
    })
    expect(JSON.stringify(body.data)).not.toMatch(/expir|status|organization|secret/i)
    const before = await databaseDigest(postern)
    for (const input of [{ expiresAt: null }, { label: 'x', expiresAt: '2099-01-01T00:00:00Z' }, { status: 'ACTIVE' }])
      expect(await owner.codesOf(UpdateTokenDocument, { id: token.id, input } as never)).toEqual(['BAD_USER_INPUT'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns NOT_FOUND for an id that names no token', async () => {
    const before = await databaseDigest(postern)
    const organization = (await postern.em().findOneOrFail(AccessToken, { id: token.id })).namespace
    for (const id of ['', 'x', 'tok_', `${token.id}0`, token.id.toLowerCase(), 'tok_\u0000', organization])
      expect(faultsOf(await update({ label: 'x' }, id))).toEqual(['NOT_FOUND id'])
    expect(await databaseDigest(postern)).toBe(before)
  })
})

describe('several updates', () => {
  it('several updates are all applied, at once on two servers', async () => {
    const inputs: UpdateTokenInput[] = [{ label: 'L' }, { description: 'D' }, { pullLimit: 77 }]
    await Promise.all(
      inputs.map((input, index) =>
        (index % 2 === 0 ? owner : second.client(owner.token)).execute(UpdateTokenDocument, { id: token.id, input }),
      ),
    )
    expect(await read()).toMatchObject({ label: 'L', description: 'D', usageLimit: { limit: 77 } })
  })

  it('updates of the scopes at once result in those of one update', async () => {
    const choices = [
      [everyRepository()],
      [{ ...everyRepository(), path: 'acme/api' }],
      [{ ...everyRepository(), path: 'acme/api' }, everyRepository()],
    ]
    const payloads = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const client = index % 2 === 0 ? owner : second.client(owner.token)
        const input = { scopes: choices[index % choices.length] ?? [] }
        return (await client.execute(UpdateTokenDocument, { id: token.id, input })).updateToken
      }),
    )
    expect(payloads.flatMap(faultsOf)).toEqual([])
    expect(choices).toContainEqual((await read())?.scopes)
  })

  it('updates cannot change a token that is deactivated at the same time', async () => {
    const payloads = await Promise.all([
      ...Array.from({ length: 10 }, (_, index) => update({ label: `after ${index}` }).then(faultsOf)),
      second
        .client(owner.token)
        .execute(DeactivateTokenDocument, { id: token.id })
        .then(({ deactivateToken }) => faultsOf(deactivateToken)),
    ])
    expect([[], ['TOKEN_INACTIVE id']]).toEqual(expect.arrayContaining(payloads))
    const events = (await contentsOf(postern.em())).activity_event?.filter((row) => row.includes(token.id)) ?? []
    expect(events.filter((row) => row.includes('access_token.update'))).toHaveLength(
      payloads.filter((faults) => faults.length === 0).length - 1,
    )
    expect(events.filter((row) => row.includes('access_token.deactivate'))).toHaveLength(1)
    expect((await read())?.status).toBe('INACTIVE')
  })

  it('updates in one request are separate: an invalid one is not written by the next', async () => {
    const { body } = await owner.send({
      query: `mutation ($id: ID!) {
        first: updateToken(id: $id, input: { description: "first" }) { accessToken { description } userErrors { path } }
        refused: updateToken(id: $id, input: { label: "", description: "refused", pullLimit: -1 }) { accessToken { id } userErrors { path } }
        last: updateToken(id: $id, input: { pullLimit: 4 }) { accessToken { label description usageLimit { limit } } userErrors { path } }
      }`,
      variables: { id: token.id },
    })
    expect(body).toEqual({
      data: {
        first: { accessToken: { description: 'first' }, userErrors: [] },
        refused: { accessToken: null, userErrors: [{ path: ['input', 'label'] }, { path: ['input', 'pullLimit'] }] },
        last: { accessToken: { label: 'ci', description: 'first', usageLimit: { limit: 4 } }, userErrors: [] },
      },
    })
    expect(await read()).toMatchObject({ label: 'ci', description: 'first', usageLimit: { limit: 4 } })
  })
})
