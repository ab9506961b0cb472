import { buildSchema as buildSchemaFrom, extendSchema, type GraphQLSchema, graphql, parse } from 'graphql'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, type Principal } from '../../src/domain/policy/principal.ts'
import { guardSchema } from '../../src/graphql/guard-schema.ts'
import { permissions } from '../../src/graphql/permissions.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { allow, applyMiddleware, rule, shield } from '../../src/graphql/shield.ts'

const administrator: Principal = {
  kind: 'SESSION',
  sessionId: 'ses_1',
  organizationAccess: new Map(),
  user: {
    id: 'usr_1',
    username: 'admin',
    displayName: 'Admin',
    email: null,
    isAdministrator: true,
    createdAt: '2026-11-22T07:13:27.120Z',
  },
}

afterEach(() => {
  vi.doUnmock('../../src/graphql/permissions.ts')
  vi.resetModules()
})

/** Guards a schema with another table of permissions. */
async function guardBy(table: Record<string, Record<string, unknown>>, schema: GraphQLSchema): Promise<GraphQLSchema> {
  vi.resetModules()
  vi.doMock('../../src/graphql/permissions.ts', () => ({ permissions: table }))
  const { guardSchema: guardByTable } = await import('../../src/graphql/guard-schema.ts')
  return guardByTable(schema)
}

async function ask(schema: GraphQLSchema, source: string, principal: Principal = anonymous) {
  const values = { open: 'open', secret: 'secret', box: { open: 'open', secret: 'secret' } }
  const { data, errors } = await graphql({ schema, source, rootValue: values, contextValue: { principal } })
  return { data, refusals: errors?.map(({ message }) => message) ?? [] }
}

const small = buildSchemaFrom(
  'type Query { open: String secret: String box: Box } type Box { open: String secret: String }',
)
const denial = () => new Error('Refused.')
const deny = rule({ cache: 'no_cache' })(denial)

describe('the table of permissions', () => {
  it('fits the schema', () => {
    expect(() => guardSchema(buildSchema())).not.toThrow()
  })

  it('must have a line for every root field, or the server does not start', () => {
    const withQuery = extendSchema(buildSchema(), parse('extend type Query { everySecret: [String!]! }'))
    expect(() => guardSchema(withQuery)).toThrow('permissions.ts has no line for Query.everySecret.')
    const withMutation = extendSchema(buildSchema(), parse('extend type Mutation { deleteAll: Boolean }'))
    expect(() => guardSchema(withMutation)).toThrow('permissions.ts has no line for Mutation.deleteAll.')
  })

  it('must cover every root type, including subscriptions, or the server does not start', () => {
    const withSubscription = extendSchema(
      buildSchema(),
      parse('type Feed { events: String } extend schema { subscription: Feed }'),
    )
    expect(() => guardSchema(withSubscription)).toThrow('permissions.ts has no line for Feed.events.')
  })

  it('denies a root field without a line at run time, for administrators too', async () => {
    const extended = extendSchema(
      buildSchema(),
      parse('extend type Query { everySecret: String } extend type Mutation { deleteAll: Boolean }'),
    )
    const guarded = applyMiddleware(extended, shield(permissions, { allowExternalErrors: true }))
    expect(await ask(guarded, '{ everySecret }', administrator)).toMatchObject({
      refusals: ['Nobody is allowed to do this.'],
    })
    expect(await ask(guarded, 'mutation { deleteAll }', administrator)).toMatchObject({
      refusals: ['Nobody is allowed to do this.'],
    })
  })

  it('must not name fields and types that the schema does not have', async () => {
    const query = { '*': deny, open: allow, secret: deny, box: allow }
    await expect(guardBy({ Query: { ...query, gone: allow } }, small)).rejects.toThrow(
      'permissions.ts names Query.gone, which the schema does not have.',
    )
    await expect(guardBy({ Query: query, Box: { gone: deny } }, small)).rejects.toThrow(
      'permissions.ts names Box.gone, which the schema does not have.',
    )
    await expect(guardBy({ Query: query, Gone: { '*': deny } }, small)).rejects.toThrow(
      'permissions.ts names the type Gone, which the schema does not have.',
    )
  })

  it('guards only nullable fields below the root, so that a denial leaves the rest of the object', async () => {
    const schema = buildSchemaFrom('type Query { box: Box } type Box { open: String! secret: String! }')
    const table = { Query: { '*': deny, box: allow }, Box: { '*': allow, secret: deny } }
    await expect(guardBy(table, schema)).rejects.toThrow(
      'Box.secret has a guard in permissions.ts, so its type must be nullable.',
    )
    await expect(guardBy({ ...table, Box: { '*': deny, secret: allow } }, schema)).rejects.toThrow(
      'Box.open has a guard in permissions.ts, so its type must be nullable.',
    )
  })

  it('must not have undefined rules, as circular imports cause', async () => {
    const query = { '*': deny, open: allow, box: allow }
    await expect(guardBy({ Query: { ...query, secret: undefined } }, small)).rejects.toThrow(
      'permissions.ts has no rule for Query.secret.',
    )
    await expect(guardBy({ Query: { ...query, secret: deny }, Box: { secret: undefined } }, small)).rejects.toThrow(
      'permissions.ts has no rule for Box.secret.',
    )
  })
})

describe('a guarded schema', () => {
  it('returns open fields, and denies guarded fields at the root and below', async () => {
    const guarded = await guardBy(
      { Query: { '*': deny, open: allow, secret: deny, box: allow }, Box: { '*': allow, secret: deny } },
      small,
    )
    expect(await ask(guarded, '{ open box { open } }')).toEqual({
      data: { open: 'open', box: { open: 'open' } },
      refusals: [],
    })
    expect(await ask(guarded, '{ secret box { open secret } }')).toEqual({
      data: { secret: null, box: { open: 'open', secret: null } },
      refusals: ['Refused.', 'Refused.'],
    })
  })

  it('denies access before a resolver runs', async () => {
    const resolve = vi.fn(() => 'secret')
    const schema = buildSchemaFrom('type Query { secret: String }')
    const field = schema.getQueryType()?.getFields().secret
    if (field) field.resolve = resolve
    const guarded = await guardBy({ Query: { '*': deny, secret: deny } }, schema)
    expect(await ask(guarded, '{ secret }')).toMatchObject({ refusals: ['Refused.'] })
    expect(resolve).not.toHaveBeenCalled()
  })

  it('guards a type with the rule of its star if the field has no line', async () => {
    const guarded = await guardBy(
      { Query: { '*': deny, open: allow, secret: allow, box: allow }, Box: { '*': deny, open: allow } },
      small,
    )
    expect(await ask(guarded, '{ box { open secret } }')).toMatchObject({
      data: { box: { open: 'open', secret: null } },
    })
  })
})
