import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScopeInput } from '../../schema/typed-documents.ts'
import { permissionResource, permissions } from '../../src/domain/model/permission.ts'
import { personalAccesses } from '../../src/domain/model/personal-access.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { arrangeCallers, type Callers, everyScope, userIdOf } from '../harness/callers.ts'
import type { Client, WireResponse } from '../harness/client.ts'
import { generatePersonalToken } from '../harness/inserted-token.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'

const schema: GraphQLSchema = buildSchema()
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ name }) => /Token$/.test(name))

let postern: Postern
let callers: Callers
/** Tokens of `acme` or its owner, by their access. */
const tokens = new Map<string, { readonly id: string; readonly client: Client }>()
let another: string

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  const owner = callers.all.owner.client
  const add = (what: string, { id, secret }: { id: string; secret: string }) =>
    tokens.set(what, { id, client: postern.client(secret) })
  add('everything', await generateToken(owner, { scopes: everyScope('acme') }))
  for (const permission of permissions) {
    const resource = permissionResource(permission)
    const scope: ScopeInput = {
      resource,
      path: resource === 'REPOSITORY' ? 'acme/*' : 'acme',
      permissions: [permission],
    }
    add(permission, await generateToken(owner, { scopes: [scope] }))
  }
  const ownerId = await userIdOf(owner)
  for (const access of personalAccesses) add(access, await generatePersonalToken(postern, ownerId, { access }))
  another = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

/** A GraphQL literal for an argument of this type. Ids name another token than the caller's. */
function anyValue(type: GraphQLInputType): string {
  if (isNonNullType(type)) return anyValue(type.ofType)
  if (isListType(type)) return `[${anyValue(type.ofType)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField)
    return `{ ${required.map((field) => `${field.name}: ${anyValue(field.type)}`).join(', ')} }`
  }
  switch (type.name) {
    case 'Int':
      return '1'
    case 'Boolean':
      return 'true'
    case 'ID':
      return `"${another}"`
    default:
      return '"acme"'
  }
}

const accesses: ReadonlySet<string> = new Set(personalAccesses)
const personOnly = /^An access token may not do this\. Sign in as a person who may\.$/
const selfRotationDenied = /lacks the permission TOKEN_ROTATE_SELF|does not let access tokens rotate themselves/

const codesOf = ({ body }: WireResponse) => body.errors?.map(({ extensions }) => extensions.code)

it('the list of forbidden operations covers every mutation of tokens', () => {
  expect(mutations.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'generateOrganizationToken',
      'updateToken',
      'deactivateToken',
      'activateToken',
      'deleteToken',
    ]),
  )
})

describe.each(mutations)('$name', ({ name, args }) => {
  it('is denied to every token, whatever its access, on other tokens and on itself, and changes nothing', async () => {
    const given = args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${anyValue(arg.type)}`)
    const before = await databaseDigest(postern)
    for (const [what, { id, client }] of tokens)
      for (const target of [another, id]) {
        const query = `mutation { ${name}(${given.join(', ')}) { userErrors { code } } }`.replaceAll(another, target)
        const response = await client.send({ query })
        expect([what, codesOf(response)]).toEqual([what, ['FORBIDDEN']])
        // Where the policy allows it, a token can rotate itself.
        const isSelfRotation = name === 'rotateToken' && target === id && !accesses.has(what)
        expect(response.body.errors?.[0]?.message).toMatch(isSelfRotation ? selfRotationDenied : personOnly)
      }
    expect(await databaseDigest(postern)).toBe(before)
  })
})

describe('a token', () => {
  it('sees no other token through any field, whatever its access', async () => {
    const one = `query { accessToken(id: "${another}") { id label } node(id: "${another}") { id } }`
    for (const [what, { client }] of tokens) {
      expect([what, (await client.send({ query: one })).body]).toEqual([
        what,
        { data: { accessToken: null, node: null } },
      ])
      for (const field of ['accessTokens { totalCount nodes { id } }', 'tokenLimit { used }']) {
        const response = await client.send({ query: `{ organization(name: "acme") { ${field} } }` })
        expect([what, codesOf(response)]).toEqual([what, ['FORBIDDEN']])
        expect(JSON.stringify(response.body)).not.toMatch(/tok_|"used"|totalCount/)
        expect(response.body.errors?.[0]?.message).toMatch(personOnly)
      }
      const { body } = await client.send({
        query: '{ organization(name: "acme") { viewerRole viewerCanManageTokens } }',
      })
      expect(body.data).toEqual({ organization: { viewerRole: null, viewerCanManageTokens: false } })
    }
  })

  it('sees itself', async () => {
    for (const [what, { id, client }] of tokens) {
      const query = `{ viewer { accessToken { id } } accessToken(id: "${id}") { id } node(id: "${id}") { id } }`
      expect([what, (await client.send({ query })).body.data]).toEqual([
        what,
        { viewer: { accessToken: { id } }, accessToken: { id }, node: { id } },
      ])
    }
  })
})
