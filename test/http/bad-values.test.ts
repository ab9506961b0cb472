import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLNamedInputType, isEnumType, isInputObjectType } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CreateCompanyDocument } from '../../schema/typed-documents.ts'
import { createGroup } from '../group/arrange.ts'
import type { Client, WireResponse } from '../harness/client.ts'
import {
  adminPassword,
  createOrganization,
  createRepository,
  generateToken,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { createWebhook } from '../webhook/arrange.ts'
import { type InputPlace, inputPlaces } from './input-places.ts'

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))

// The values beside the bad one. All of them are valid, so that only the bad value can cause the error.
const samples = {
  organization: 'acme',
  company: 'holding',
  'CreateCompanyInput.name': 'umbrella',
  owners: ['admin'],
  name: 'acme/api',
  'CreateOrganizationInput.name': 'initech',
  'CreateGroupInput.name': 'developers',
  group: '',
  repository: 'acme/api',
  username: 'admin',
  email: 'someone@example.com',
  password: 'a password of some length',
  currentPassword: adminPassword,
  newPassword: 'another password',
  id: '',
  label: 'ci',
  scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }],
  resource: 'REPOSITORY',
  path: 'acme/api',
  permissions: ['IMAGE_PULL'],
  plan: 'TEAM',
  visibility: 'PRIVATE',
  'AccessTokenOrder.field': 'LABEL',
  'RepositoryOrder.field': 'NAME',
  'MembershipOrder.field': 'USERNAME',
  direction: 'ASC',
  access: 'READ',
  deviceName: 'desktop',
  signOut: true,
  // Nothing listens there.
  issuer: 'http://127.0.0.1:9',
  clientId: 'postern',
  clientSecret: 'secret',
  redirectUris: ['https://frontend.example.com/callback'],
  redirectUri: 'https://frontend.example.com/callback',
  token: '',
  signInToken: 'x'.repeat(43),
  callbackUrl: 'https://frontend.example.com/callback?code=a&state=b',
  link: { username: 'admin', password: adminPassword },
  role: 'OWNER',
  invitees: ['someone@example.com'],
  from: '2026-11-01T00:00:00Z',
  to: '2026-12-01T00:00:00Z',
  groupBy: ['DAY'],
  fillEmpty: false,
  url: 'http://127.0.0.1:9/hook',
  events: ['TOKEN_EXPIRED'],
}
const ways = {
  Organization: 'organization(name: "acme") { # }',
  Group: 'organization(name: "acme") { groups { nodes { # } } }',
  Company: 'company(name: "holding") { # }',
  User: 'viewer { user { # } }',
  Viewer: 'viewer { # }',
  Repository: 'repository(name: "acme/api") { # }',
  Webhook: 'organization(name: "acme") { webhooks { nodes { # } } }',
}
const places = inputPlaces(schema, samples, ways)

let postern: Postern
let owner: Client
let tables: string[]
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/api')
  await owner.execute(CreateCompanyDocument, { input: { name: 'holding', owners: ['admin'] } })
  samples.id = (await generateToken(owner)).id
  samples.token = samples.id
  samples.group = await createGroup(owner, 'testers')
  await createWebhook(owner, { url: samples.url })
  tables = (
    await postern
      .em()
      .execute<{ name: string }[]>(
        "select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('refused_attempt', 'failure_count')",
      )
  ).map(({ name }) => name)
})
// Each field is tried independently, so that failures of one do not affect others.
beforeEach(() => postern.em().execute('truncate failure_count'))
afterAll(() => postern.stop())

/** The number of rows per table, without attempts and failures: no invalid request may change it. */
async function rowCounts(): Promise<Record<string, number>> {
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`)
  const [row] = await postern.em().execute<Record<string, number>[]>(`select ${counts.join(', ')}`)
  return row ?? {}
}

function expectInvalid(place: InputPlace, value: unknown, { status, body }: WireResponse): void {
  const what = `${place.field} ${place.path.join('.')} = ${JSON.stringify(value)?.slice(0, 60)}: ${JSON.stringify(body)}`
  const codes = (body.errors ?? []).map(({ extensions }) => extensions.code)
  expect([200, 400], what).toContain(status)
  expect(
    [...new Set(codes)].filter((code) => code !== 'BAD_USER_INPUT'),
    what,
  ).toEqual([])
  if (!place.isMutation || codes.length > 0) return
  const payload = body.data?.[place.field]
  // Each of several results must be invalid.
  const invalid = Reflect.get(Object(payload), 'results')?.[0] ?? payload
  expect(invalid, what).toMatchObject({ userErrors: [{ code: expect.stringMatching(/^[A-Z_]+$/) }] })
}

const send = (place: InputPlace, value: unknown) =>
  owner.send({ query: place.query, variables: place.variablesWith(value) })

// Wrong in every place of the type.
function wrongValues(type: GraphQLNamedInputType): unknown[] {
  if (isInputObjectType(type)) return ['text', 42, true, [[]], { __typename: 'Query' }, { unknown: 1 }]
  if (isEnumType(type)) return ['GOLD', 'active', '', 42, true, {}, '__proto__', 'constructor', 'toString']
  switch (type.name) {
    case 'String':
      return [42, 1.5, true, {}, [[]], { length: 5 }]
    case 'ID':
      return [1.5, true, {}, [[]]]
    case 'Int':
      return ['text', '1', 1.5, true, {}, 2 ** 31, -(2 ** 31) - 1, 1e300]
    case 'Boolean':
      return ['true', '', 0, 1, {}, [true]]
    case 'DateTime':
      return ['', 'yesterday', 42, true, {}, '2027-01-01', '2027-02-30T00:00:00Z', '2027-13-01T00:00:00Z', 'NaN']
    default:
      throw new Error(`Say what is wrong for a ${type.name}.`)
  }
}

const byField = Map.groupBy(places, ({ field }) => field)

it('every argument and input field is tried', () => {
  expect(byField.size).toBeGreaterThan(20)
  const paths = places.map(({ field, path }) => `${field}: ${path.join('.')}`)
  expect(paths).toEqual(
    expect.arrayContaining([
      'signIn: input.password',
      'updateToken: input.scopes.0.permissions.0',
      'Organization.accessTokens: filter.status.0',
      'Viewer.organizations: after',
    ]),
  )
})

describe('values of the wrong type', () => {
  it.each([...byField.keys()])(
    'values of the wrong type are BAD_USER_INPUT in every place of %s, and change nothing',
    async (field) => {
      const before = await rowCounts()
      for (const place of byField.get(field) ?? [])
        for (const value of wrongValues(place.type)) {
          const { status, body } = await send(place, value)
          const what = `${place.path.join('.')} = ${JSON.stringify(value)}: ${JSON.stringify(body)}`
          expect(status, what).toBe(400)
          expect(body.data, what).toBeUndefined()
          expect(new Set(body.errors?.map(({ extensions }) => extensions.code)), what).toEqual(
            new Set(['BAD_USER_INPUT']),
          )
          expect(body.errors?.[0]?.message, what).toMatch(/^Variable "\$\w+"( at "[\w.[\]]+")? is invalid: ./)
        }
      expect(await rowCounts()).toEqual(before)
    },
  )
})

describe('strings that no column can store', () => {
  const texts = ['\u0000', 'a\u0000b', '\ud800', 'a\udc00b', '\udc00\ud800']
  const textPlaces = places.filter(({ type }) => type.name === 'String' || type.name === 'ID')

  it.each([...Map.groupBy(textPlaces, ({ field }) => field)])(
    'strings that no column can store are invalid in every place of %s, and change nothing',
    async (_field, ofField) => {
      const before = await rowCounts()
      for (const place of ofField) for (const text of texts) expectInvalid(place, text, await send(place, text))
      expect(await rowCounts()).toEqual(before)
    },
  )
})

describe('invisible characters in names and descriptions', () => {
  // Also in an address and a URL, so that the text has no other error.
  const texts = ['c\u202Ei', 'some\u200Bone@example.com', 'https://frontend.example.com/call\u2066back', 'c\u2028i']
  const typed = places.filter(({ type, isMutation }) => isMutation && type.name === 'String')

  it.each([...Map.groupBy(typed, ({ field }) => field)])(
    'invisible characters in names and descriptions are not stored through %s',
    async (_field, ofField) => {
      for (const place of ofField)
        for (const text of texts) {
          const { status, body } = await send(place, text)
          expect(status, `${place.path.join('.')}: ${JSON.stringify(body)}`).toBe(200)
          await postern.em().execute('truncate failure_count')
        }
      for (const table of tables)
        expect(
          await postern.em().execute(`select t::text from "${table}" t where t::text ~ '[\u200B\u2028\u202E\u2066]'`),
          table,
        ).toEqual([])
    },
  )
})

describe('values at the ends of their range', () => {
  const extremes: Record<string, unknown[]> = {
    String: ['', ' ', 'x'.repeat(100_000), '\u{10ffff}', '\uffff', "'; drop table user_account; --", '%', '\\', '$1'],
    ID: ['', '0', 'x'.repeat(100_000), "' or 1=1", 'tok_', 'tok_00000000000000000000000000'],
    Int: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
    DateTime: [
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999Z',
      '1970-01-01T00:00:00+23:59',
    ],
  }

  it.each([...byField.keys()])('cause no server error in %s', async (field) => {
    for (const place of byField.get(field) ?? [])
      for (const value of extremes[place.type.name] ?? []) {
        const { status, body } = await send(place, value)
        const codes = (body.errors ?? []).map(({ extensions }) => extensions.code)
        const what = `${place.path.join('.')} = ${JSON.stringify(value).slice(0, 60)}: ${JSON.stringify(body)}`
        expect([200, 400], what).toContain(status)
        // The number of tokens per person and hour is limited.
        expect(
          codes.filter((code) => code !== 'BAD_USER_INPUT' && code !== 'TOO_MANY_REQUESTS'),
          what,
        ).toEqual([])
      }
  })
})
