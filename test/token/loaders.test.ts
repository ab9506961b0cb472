import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedOrganization } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'

const names = ['acme', 'globex', 'initech', 'umbrella']

let postern: Postern
let owner: Client
const ids: string[] = []

beforeAll(async () => {
  postern = await startPostern()
  owner = (await postern.signUp('ada')).client
  for (const name of names) {
    await createOwnedOrganization(postern, owner, name, 'TEAM')
    for (let count = 0; count < 5; count++) ids.push((await generateToken(owner, { organization: name })).id)
  }
})
afterAll(() => postern.stop())

const fields = 'id label hint createdBy { username } scopes { path } lastUsedAt usageLimit { used }'

async function send(query: string) {
  let answer: Awaited<ReturnType<Client['send']>> | undefined
  const sent = await statementsOf(async () => {
    answer = await owner.send({ query })
  })
  expect(answer?.body.errors).toBeUndefined()
  return { data: answer?.body.data ?? {}, statements: sent.length, extensions: answer?.extensions }
}

describe('lookups of tokens', () => {
  it('are shared by twenty tokens of four organizations, requested by id', async () => {
    const { data, statements } = await send(
      `{ nodes(ids: ${JSON.stringify(ids)}) { ... on AccessToken { ${fields} } } }`,
    )
    expect(data.nodes).toMatchObject(ids.map((id) => ({ id, createdBy: { username: 'ada' }, usageLimit: { used: 0 } })))
    expect(statements).toBeLessThanOrEqual(6)
  })

  it('are shared by aliases, also in the cost', async () => {
    const { data, statements, extensions } = await send(
      `{ ${ids
        .slice(0, 12)
        .map((id, index) => `t${index}: accessToken(id: "${id}") { ${fields} }`)
        .join(' ')} }`,
    )
    expect(Object.values(data).map((token) => Reflect.get(token as object, 'id'))).toEqual(ids.slice(0, 12))
    expect(statements).toBeLessThanOrEqual(6)
    expect(extensions?.cost?.lookups).toBeLessThanOrEqual(6)
  })

  it('are shared by the lists of all organizations of a person', async () => {
    const { data, statements } = await send(
      `{ viewer { organizations(first: 10) { nodes { name accessTokens(first: 3) { totalCount nodes { ${fields} } } } } } }`,
    )
    expect(data.viewer).toMatchObject({
      organizations: {
        nodes: names.map((name) => ({
          name,
          accessTokens: {
            totalCount: 5,
            nodes: Array(3).fill({ createdBy: { username: 'ada' }, usageLimit: { used: 0 } }),
          },
        })),
      },
    })
    expect(statements).toBeLessThanOrEqual(8)
  })

  it.each(['first: 3', 'first: 3, filter: { status: [ACTIVE] }', 'last: 3, orderBy: { field: LABEL, direction: ASC }'])(
    'are shared by the lists (%s) of ten organizations: at most 8 statements, also by their cost',
    async (args) => {
      for (let number = names.length; number < 10; number++) {
        const name = `other-${number}`
        names.push(name)
        await createOwnedOrganization(postern, owner, name, 'TEAM')
        for (let count = 0; count < 5; count++) await generateToken(owner, { organization: name })
      }
      const { data, statements, extensions } = await send(
        `{ viewer { organizations(first: 10) { nodes { name accessTokens(${args}) { totalCount nodes { ${fields} } } } } } }`,
      )
      const nodes = Array(3).fill({ createdBy: { username: 'ada' }, usageLimit: { used: 0 } })
      const lists = names.toSorted().map((name) => ({ name, accessTokens: { totalCount: 5, nodes } }))
      expect(data.viewer).toMatchObject({ organizations: { nodes: lists } })
      expect(statements).toBeLessThanOrEqual(8)
      expect(extensions?.cost?.lookups).toBeLessThanOrEqual(8)
    },
  )

  it('of one organization return what lookups of several return', async () => {
    const [first = ''] = ids
    const alone = await send(`{ accessToken(id: "${first}") { ${fields} } }`)
    const together = await send(
      `{ accessToken(id: "${first}") { ${fields} } other: accessToken(id: "${ids.at(-1)}") { ${fields} } }`,
    )
    expect(together.data.accessToken).toEqual(alone.data.accessToken)
  })
})
