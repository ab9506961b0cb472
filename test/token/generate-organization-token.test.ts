import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  GenerateOrganizationTokenDocument,
  type GenerateOrganizationTokenInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, everyRepository, faultsOf, tryToGenerate } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let owner: Client
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
})
beforeEach(() => postern.em().nativeDelete(AccessToken, {}))
afterAll(() => postern.stop())

describe('generateOrganizationToken', () => {
  it('shows the secret once, and lists the token without it', async () => {
    const { id, secret } = await generateToken(owner)
    expect(secret).toMatch(/^pstn_oat_[0-9A-Za-z]{36}$/)
    const response = await owner.execute(AccessTokensDocument, { organization: 'acme' })
    expect(response.organization?.accessTokens.nodes[0]).toMatchObject({ id, hint: secret.slice(-4), status: 'ACTIVE' })
    expect(JSON.stringify(response)).not.toContain(secret)
  })

  it('stores all given values, and the defaults for absent ones', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000)
    await generateToken(owner, { label: 'plain' })
    await generateToken(owner, {
      label: '  nightly builds\t',
      description: ' pushes at 3 am ',
      expiresAt: `${expiresAt.toISOString().slice(0, -1)}+00:00`,
      pullLimit: 7,
    })
    const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme' })
    const [full, plain] = organization?.accessTokens.nodes ?? []
    expect(full).toMatchObject({
      label: 'nightly builds',
      description: 'pushes at 3 am',
      status: 'ACTIVE',
      origin: 'MANUAL',
      createdBy: { username: 'admin' },
      expiresAt: expiresAt.toISOString(),
      lastUsedAt: null,
      lastUsed: null,
      scopes: [everyRepository()],
      usageLimit: { limit: 7, used: 0, remaining: 7, windowSeconds: 21_600 },
      secrets: [{ hint: full?.hint, createdAt: full?.createdAt, expiresAt: null, lastUsedAt: null }],
    })
    expect(plain).toMatchObject({
      label: 'plain',
      description: null,
      expiresAt: null,
      usageLimit: { limit: null, used: 0, remaining: null },
    })
    expect(Date.parse(full?.createdAt ?? '')).toBeGreaterThanOrEqual(Date.parse(plain?.createdAt ?? ''))
  })
})

const thumbsUp = '👍🏽'

describe('the label and description of a token', () => {
  it.each([
    ['a label of one character', { label: 'x' }],
    ['a label of 100 characters', { label: 'x'.repeat(100) }],
    ['a label of 100 characters of two code units each', { label: '🛂'.repeat(100) }],
    ['a label in another script', { label: 'сборка ночью — 夜間' }],
    ['a label with markup, quotes and backslashes', { label: `<b>'"\\%_$\{x}` }],
    ['a description of 200 characters', { description: 'é'.repeat(200) }],
    ['a description with joined emoji', { description: thumbsUp }],
  ])('the label and description of a token can be %s', async (_, input) => {
    const { id } = await generateToken(owner, input)
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken).toMatchObject(input)
  })

  it.each([
    ['an empty label', { label: '' }],
    ['a label of white space', { label: ' \t\u00a0\u2003 ' }],
    ['a label of 101 characters', { label: 'x'.repeat(101) }],
    ['a label of 101 emoji', { label: '🛂'.repeat(101) }],
    ['a label with U+0000', { label: 'a\u0000b' }],
    ['a label that ends with U+0000', { label: 'ab\u0000' }],
    ['a label of two lines', { label: 'a\nb' }],
    ['a label with an escape sequence', { label: 'a\u001b[31mb' }],
    ['a label with a C1 control character', { label: 'a\u0085b' }],
    ['a label with half a surrogate pair', { label: 'a\ud83db' }],
    ['a description of 201 characters', { description: 'x'.repeat(201) }],
    ['a description with U+0000', { description: 'a\u0000b' }],
    ['a description with a carriage return', { description: 'a\rb' }],
    ['a description with half a surrogate pair', { description: '\udec2' }],
    ['a description with U+007F', { description: 'a\u007fb' }],
  ])('label and description cannot be %s, at first or later', async (_, input) => {
    const { id } = await generateToken(owner)
    const before = await databaseDigest(postern)
    const expected = [`INVALID input.${Object.keys(input)[0]}`]
    expect(faultsOf(await tryToGenerate(owner, input))).toEqual(expected)
    expect(faultsOf((await owner.execute(UpdateTokenDocument, { id, input })).updateToken)).toEqual(expected)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('the label and description of a token are null if the description is blank', async () => {
    const { id } = await generateToken(owner, { description: '  ' })
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken?.description).toBeNull()
  })
})

function fromNow(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString()
}

function yearsFromNow(years: number, extraMilliseconds = 0): string {
  const date = new Date()
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return new Date(date.getTime() + extraMilliseconds).toISOString()
}

describe('the expiry of a token', () => {
  it.each([
    ['in a minute', () => fromNow(60_000)],
    ['in a year', () => yearsFromNow(1)],
    ['never', () => null],
  ])('the expiry of a token can be %s', async (_, expiresAt) => {
    const wanted = expiresAt()
    const { id } = await generateToken(owner, { expiresAt: wanted })
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken?.expiresAt).toBe(wanted)
  })

  it.each([
    ['a moment ago', () => fromNow(-1)],
    ['a minute more than a year ahead', () => yearsFromNow(1, 60_000)],
    ['in the year 0', () => '0000-01-01T00:00:00Z'],
    ['after the year 9999', () => '9999-12-31T23:59:59-12:00'],
  ])('the expiry cannot be %s', async (_, expiresAt) => {
    const before = await databaseDigest(postern)
    const { body } = await owner.send({
      query:
        'mutation ($input: GenerateOrganizationTokenInput!) { generateOrganizationToken(input: $input) { secret userErrors { code path } } }',
      variables: {
        input: { organization: 'acme', label: 'ci', scopes: [everyRepository()], expiresAt: expiresAt() },
      },
    })
    const errorCodes = body.errors?.map(({ extensions }) => extensions.code) ?? body.data?.generateOrganizationToken
    expect([
      ['BAD_USER_INPUT'],
      { secret: null, userErrors: [{ code: 'INVALID', path: ['input', 'expiresAt'] }] },
    ]).toContainEqual(errorCodes)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it.each(['2030-02-30T00:00:00Z', '2030-01-01', '2030-01-01T00:00:00', 'tomorrow', '', '1893456000'])(
    'the expiry cannot be %j, which is not a point in time',
    async (expiresAt) => {
      const input = { organization: 'acme', label: 'ci', scopes: [everyRepository()], expiresAt }
      expect(await owner.codesOf(GenerateOrganizationTokenDocument, { input })).toEqual(['BAD_USER_INPUT'])
      expect(await postern.em().count(AccessToken)).toBe(0)
    },
  )
})

describe('the pull limit of a token', () => {
  it.each([0, 1, 2_147_483_647])('the pull limit of a token can be %i', async (pullLimit) => {
    const { id } = await generateToken(owner, { pullLimit })
    const { accessToken } = await owner.execute(AccessTokenDocument, { id })
    expect(accessToken?.usageLimit).toMatchObject({ limit: pullLimit, used: 0, remaining: pullLimit })
  })

  it('the pull limit cannot be negative, at first or later', async () => {
    const { id } = await generateToken(owner, { pullLimit: 5 })
    const before = await databaseDigest(postern)
    expect(faultsOf(await tryToGenerate(owner, { pullLimit: -1 }))).toEqual(['INVALID input.pullLimit'])
    const { updateToken } = await owner.execute(UpdateTokenDocument, { id, input: { pullLimit: -1 } })
    expect(faultsOf(updateToken)).toEqual(['INVALID input.pullLimit'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it.each([2_147_483_648, 1.5])('the pull limit cannot be %d, which is not a GraphQL Int', async (pullLimit) => {
    const input = { organization: 'acme', label: 'ci', scopes: [everyRepository()], pullLimit }
    expect(await owner.codesOf(GenerateOrganizationTokenDocument, { input })).toEqual(['BAD_USER_INPUT'])
    expect(await postern.em().count(AccessToken)).toBe(0)
  })
})

it('reports all errors of an input together, each with its path', async () => {
  const faults = faultsOf(
    await tryToGenerate(owner, {
      label: '',
      description: 'x'.repeat(201),
      expiresAt: fromNow(-1),
      pullLimit: -1,
      idempotencyKey: 'k'.repeat(201),
      scopes: [
        { resource: 'REPOSITORY', path: 'acme/missing', permissions: ['IMAGE_PULL'] },
        { resource: 'ORGANIZATION', path: 'acme', permissions: ['IMAGE_PULL'] },
      ],
    }),
  )
  expect(faults.toSorted()).toEqual([
    'INVALID input.description',
    'INVALID input.expiresAt',
    'INVALID input.idempotencyKey',
    'INVALID input.label',
    'INVALID input.pullLimit',
    'NOT_FOUND input.scopes.0.path',
    'SCOPE_NOT_ALLOWED input.scopes.1.permissions.0',
  ])
  expect(await postern.em().count(AccessToken)).toBe(0)
})

it('generation is denied to everyone except owners, and writes nothing', async () => {
  const people = { stranger: 'sam', member: 'mia', editor: 'ed', owner: 'otto' }
  const clients = new Map<string, Client>()
  for (const username of Object.values(people)) clients.set(username, (await postern.signUp(username)).client)
  const clientOf = (username: string) => clients.get(username) ?? postern.client()
  await addMember(postern.em(), acme, people.member, 'MEMBER')
  await addMember(postern.em(), acme, people.editor, 'EDITOR')
  await addMember(postern.em(), acme, people.owner, 'OWNER')
  const { secret } = await generateToken(clientOf(people.owner))

  const input: GenerateOrganizationTokenInput = { organization: 'acme', label: 'x', scopes: [everyRepository()] }
  const codes = (client: Client) => client.codesOf(GenerateOrganizationTokenDocument, { input })
  // The first use of the token is written with it; later ones do not matter here.
  await codes(postern.client(secret))
  const before = (await contentsOf(postern.em())).access_token
  expect(await codes(clientOf(people.member))).toEqual(['FORBIDDEN'])
  expect(await codes(clientOf(people.editor))).toEqual(['FORBIDDEN'])
  expect(await codes(postern.client(secret))).toEqual(['FORBIDDEN'])
  expect(await codes(postern.client())).toEqual(['UNAUTHENTICATED'])
  const toStranger = await tryToGenerate(clientOf(people.stranger))
  expect(faultsOf(toStranger)).toEqual(['NOT_FOUND input.organization'])
  expect(await tryToGenerate(clientOf(people.stranger), { organization: 'nobody' })).toEqual(toStranger)
  expect((await contentsOf(postern.em())).access_token).toEqual(before)
})
