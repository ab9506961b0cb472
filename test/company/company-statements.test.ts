import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCompany } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'

let postern: Postern
let administrator: Client
let one: Person
let many: Person

beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  one = await postern.signUp('one')
  many = await postern.signUp('many')
  await arrange(one, 1)
  await arrange(many, 12)
})
afterAll(() => postern.stop())

/** Creates a number of companies of a person, each with two organizations in which an administrator is a member. */
async function arrange({ client, username }: Person, count: number): Promise<void> {
  for (let created = 0; created < count; created += 1) {
    const ids = await Promise.all(
      ['a', 'b'].map((letter) => createOrganization(administrator, `${username}-${created}-${letter}`)),
    )
    await createCompany(postern, `${username}-${created}`, ids, [client, administrator])
  }
}

const companies =
  'id name owners { id username } organizations(first: 5) { totalCount nodes { name policy { ssoEnforced } } }'

async function asking(client: Client, query: string) {
  let data: unknown
  const statements = await statementsOf(async () => {
    const { body } = await client.send({ query })
    expect(body.errors).toBeUndefined()
    data = body.data
  })
  return { statements, data }
}

it('companies of a person, with owners and organizations, take one statement per kind of row', async () => {
  const query = `{ viewer { companies { ${companies} } } }`
  const few = await asking(one.client, query)
  const more = await asking(many.client, query)
  const listed = (data: unknown) => (data as { viewer: { companies: unknown[] } }).viewer.companies
  expect([few, more].map(({ data }) => listed(data).length)).toEqual([1, 12])
  for (const { statements } of [few, more]) expect(statements).toHaveLength(3)
  expect(listed(more.data)).toContainEqual({
    id: expect.stringMatching(/^com_/),
    name: 'many-11',
    owners: ['admin', 'many'].map((username) => ({ id: expect.any(String), username })),
    organizations: {
      totalCount: 2,
      nodes: ['many-11-a', 'many-11-b'].map((name) => ({ name, policy: { ssoEnforced: false } })),
    },
  })
})

it('companies of organizations take one statement, with owners two, and with organizations one more', async () => {
  const query = (fields: string) => `{ viewer { organizations(first: 30) { nodes { name company { ${fields} } } } } }`
  for (const person of [one, many]) {
    expect((await asking(person.client, query('name'))).statements).toHaveLength(2)
    expect((await asking(person.client, query('name owners { username }'))).statements).toHaveLength(3)
    expect((await asking(person.client, query(companies))).statements).toHaveLength(3)
  }
  expect((await asking(administrator, query(companies))).statements).toHaveLength(4)
})

it('the policy takes no statement', async () => {
  const query = '{ viewer { organizations(first: 30) { nodes { policy { maxTokenLifetimeDays } } } } }'
  expect((await asking(many.client, query)).statements).toHaveLength(1)
})
