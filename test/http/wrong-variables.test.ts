import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client, WireResponse } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

const errorOf = ({ body }: WireResponse) => ({
  code: body.errors?.[0]?.extensions.code,
  message: body.errors?.[0]?.message ?? '',
})

describe('a message about an invalid variable', () => {
  const query = 'mutation($input: SignInInput!) { signIn(input: $input) { sessionToken } }'
  const secrets = [
    'hunter2; my password',
    'hunter2" at "input"; String cannot represent my password',
    '; Expected type "hunter2 my password" to be an object.',
    'found hunter2; Value "hunter2" does not exist in "my password" enum.',
  ]

  it.each(secrets)('quotes no part of the value %j', async (secret) => {
    for (const password of [[secret], { secret }, [[secret]]]) {
      const { code, message } = errorOf(await owner.send({ query, variables: { input: { username: 'a', password } } }))
      expect(code).toBe('BAD_USER_INPUT')
      expect(message).toBe(
        'Variable "$input" at "input.password" is invalid: String cannot represent a non string value.',
      )
    }
    const { message } = errorOf(await owner.send({ query, variables: { input: secret } }))
    expect(message).toBe('Variable "$input" is invalid: Expected type "SignInInput" to be an object.')
    const order = 'query($n: Int!) { viewer { organizations(first: $n) { totalCount } } }'
    expect(errorOf(await owner.send({ query: order, variables: { n: secret } })).message).toBe(
      'Variable "$n" is invalid: Int cannot represent non-integer value.',
    )
  })

  it('names the field that is missing, null or unknown', async () => {
    const messageFor = async (input: object) => errorOf(await owner.send({ query, variables: { input } })).message
    expect(await messageFor({ username: 'a' })).toContain(
      'Field "password" of required type "String!" was not provided.',
    )
    expect(await messageFor({ username: 'a', password: null })).toContain(
      'Expected non-nullable type "String!" not to be null.',
    )
    expect(await messageFor({ username: 'a', password: 'b', usrname: 'c' })).toContain(
      'Field "usrname" is not defined by type "SignInInput". Did you mean "username"?',
    )
  })

  it('stays short for a long value', async () => {
    const { code, message } = errorOf(
      await owner.send({ query, variables: { input: { username: 'a', password: ['; '.repeat(50_000)] } } }),
    )
    expect({ code, message }).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'The document or its variables are invalid. Check their types.',
    })
  })
})

describe('a variable that is null', () => {
  const organization = 'query($name: String! = "acme") { organization(name: $name) { name } }'

  it('a variable that is null is BAD_USER_INPUT if the argument is not nullable, despite a default', async () => {
    const { body } = await owner.send({ query: organization, variables: { name: null } })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
    const nullable = 'query($name: String = "acme") { organization(name: $name) { name } }'
    const response = await owner.send({ query: nullable, variables: { name: null } })
    expect(errorOf(response)).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'Argument "name" of non-null type "String!" must not be null.',
    })
    expect((await owner.send({ query: nullable })).body).toEqual({ data: { organization: { name: 'acme' } } })
  })

  it('a variable that is null is invalid in a condition, whatever other operations the document has', async () => {
    const query = `query A($on: Boolean = true) { viewer @include(if: $on) { user { username } } }
      query B { viewer { user { id } } }`
    const failed = await owner.send({ query, operationName: 'A', variables: { on: null } })
    expect(failed.status).toBe(400)
    expect(errorOf(failed)).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'A variable that @skip or @include reads is null. Write true or false.',
    })
    expect((await owner.send({ query, operationName: 'B' })).status).toBe(200)
    expect((await owner.send({ query, operationName: 'A' })).body.data).toHaveProperty('viewer.user.username')
  })
})

it('a variable can have the name of a property of every JavaScript object', async () => {
  for (const name of ['constructor', 'valueOf', 'toString', 'hasOwnProperty']) {
    const query = `query($${name}: String!, $on: Boolean = true) {
      organization(name: $${name}) { name @include(if: $on) } }`
    for (let i = 0; i < 3; i++)
      expect((await owner.send({ query, variables: JSON.parse(`{"${name}": "acme"}`) })).body, `$${name}`).toEqual({
        data: { organization: { name: 'acme' } },
      })
    const page = `query($${name}: Int) { viewer { organizations(first: $${name}) { nodes { name } } } }`
    expect((await owner.send({ query: page })).status, `$${name}`).toBe(200)
  }
})

describe('filters of lists', () => {
  const tokens = `query($filter: AccessTokenFilter) {
    organization(name: "acme") { accessTokens(filter: $filter) { totalCount } } }`

  it('cost the same if a value is repeated', async () => {
    const { body } = await owner.send({
      query: tokens,
      variables: { filter: { status: Array.from({ length: 1_900 }, () => 'ACTIVE') } },
    })
    expect(body).toEqual({ data: { organization: { accessTokens: { totalCount: 0 } } } })
    const activity = `query($actions: [String!]) {
      organization(name: "acme") { activity(filter: { actions: $actions }) { totalCount } } }`
    const once = (await owner.send({ query: activity, variables: { actions: ['organization.create'] } })).body
    expect(once).toHaveProperty('data.organization.activity.totalCount', 1)
    const actions = Array.from({ length: 1_900 }, () => 'organization.create')
    expect((await owner.send({ query: activity, variables: { actions } })).body).toEqual(once)
  })

  it('search for up to 200 characters', async () => {
    const search = (length: number) =>
      owner.send({ query: tokens, variables: { filter: { search: 'x'.repeat(length) } } })
    expect((await search(200)).body.errors).toBeUndefined()
    expect(errorOf(await search(201))).toEqual({
      code: 'BAD_USER_INPUT',
      message: '`search` takes at most 200 characters.',
    })
  })
})
