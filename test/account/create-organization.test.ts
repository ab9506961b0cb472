import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateOrganizationDocument,
  type CreateOrganizationInput,
  SignUpDocument,
} from '../../schema/typed-documents.ts'
import { maxOwnedOrganizations } from '../../src/domain/account/create-organization.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { recordedActivity } from './recorded-activity.ts'

let postern: Postern
let ada: Person
let administrator: Client

beforeAll(async () => {
  postern = await startPostern()
  ada = await postern.signUp('ada')
  administrator = await postern.signInAsAdministrator()
})
afterAll(() => postern.stop())

async function create(client: Client, input: CreateOrganizationInput) {
  return (await client.execute(CreateOrganizationDocument, { input })).createOrganization
}

/** The user errors of an invalid organization. Also checks that the attempt wrote nothing. */
async function faultsOf(client: Client, input: CreateOrganizationInput): Promise<string[]> {
  const before = await databaseDigest(postern)
  const { organization, userErrors } = await create(client, input)
  if (userErrors.length === 0) return []
  expect(organization).toBeNull()
  expect(await databaseDigest(postern)).toBe(before)
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)
}

describe('createOrganization', () => {
  it('lets the creator own the organization, also in the same response', async () => {
    const { status, body } = await ada.client.send({
      query: `mutation { createOrganization(input: { name: "acme", displayName: " Acme & Co. " }) {
        organization {
          id name displayName plan createdAt viewerRole viewerCanManageTokens
          tokenLimit { limit used remaining } accessTokens { totalCount nodes { id } } repositories { totalCount }
        }
        userErrors { code }
      } }`,
    })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        data: {
          createOrganization: {
            organization: {
              id: expect.stringMatching(/^org_[0-9A-Z]{26}$/),
              name: 'acme',
              displayName: 'Acme & Co.',
              plan: 'FREE',
              createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
              viewerRole: 'OWNER',
              viewerCanManageTokens: true,
              tokenLimit: { limit: 0, used: 0, remaining: 0 },
              accessTokens: { totalCount: 0, nodes: [] },
              repositories: { totalCount: 0 },
            },
            userErrors: [],
          },
        },
      },
    })
    const members = await postern
      .em()
      .execute(
        `select user_id, role from membership m join organization o on o.id = m.organization_id where o.name = 'acme'`,
      )
    expect(members).toEqual([{ user_id: await userIdOf(ada.client), role: 'OWNER' }])
  })

  it('grants rights on the new organization only, in the rest of the same document', async () => {
    const ben = await postern.signUp('ben')
    const { body } = await ben.client.send({
      query: `mutation {
        createOrganization(input: { name: "bens" }) { userErrors { code } }
        mine: updateOrganization(organization: "bens", input: { displayName: "Mine" }) { userErrors { code } }
        adas: updateOrganization(organization: "acme", input: { displayName: "Mine" }) { userErrors { code } }
      }`,
    })
    expect(body).toEqual({
      data: {
        createOrganization: { userErrors: [] },
        mine: { userErrors: [] },
        adas: { userErrors: [{ code: 'NOT_FOUND' }] },
      },
    })
  })

  it('records one event', async () => {
    await create(ada.client, { name: 'recorded' })
    expect(await recordedActivity(postern, 'recorded')).toMatchObject([
      {
        action: 'organization.create',
        target: 'recorded',
        actorKind: 'USER',
        actorName: 'ada',
        actorId: await userIdOf(ada.client),
        data: { plan: 'FREE' },
        ipAddress: '127.0.0.1',
      },
    ])
  })

  it.each([
    ['ab', true],
    ['42', true],
    ['a1', true],
    ['acme-corp', true],
    ['acme--corp', true],
    ['acme_corp', true],
    ['acme__corp', true],
    ['acme.corp', true],
    ['a.b-c_d', true],
    ['x'.repeat(40), true],
    ['x'.repeat(41), false],
    ['x', false],
    ['', false],
    [' ', false],
    ['Acme', false],
    ['ACME', false],
    ['-acme', false],
    ['acme-', false],
    ['.acme', false],
    ['acme.', false],
    ['_acme', false],
    ['acme_', false],
    ['acme..corp', false],
    ['acme___corp', false],
    ['acme._corp', false],
    ['acme corp', false],
    [' acme', false],
    ['acme\n', false],
    ['acme/api', false],
    ['acme*', false],
    ['*', false],
    ['acme:1', false],
    ['acme@home', false],
    ['ácme', false],
    ['асме', false],
    ['acme\u0000', false],
    ['..', false],
    ['a%2fb', false],
  ])('accepts the name %j: %s', async (name, isGood) => {
    // A valid name must also be a valid first part of a repository's name.
    expect(await faultsOf(ada.client, { name })).toEqual(isGood ? [] : ['INVALID input.name'])
  })

  it('returns TAKEN for a name that an organization or a person has', async () => {
    await postern.signUp('taken-by-a-person')
    await create(ada.client, { name: 'taken-by-adas' })
    for (const client of [ada.client, administrator])
      for (const name of ['taken-by-a-person', 'taken-by-adas', 'ada', 'admin'])
        expect(await faultsOf(client, { name })).toEqual(['TAKEN input.name'])
  })

  it('gives a name to one of twenty simultaneous requests', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => create(ada.client, { name: 'wanted' })))
    expect(responses.filter(({ organization }) => organization !== null)).toHaveLength(1)
    expect(responses.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
      Array.from({ length: 19 }, () => 'TAKEN'),
    )
    expect(await recordedActivity(postern, 'wanted')).toHaveLength(1)
  })

  it('gives a name to either a person or an organization if both request it at the same time', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `contested-${index}`)
    const given = await Promise.all(
      names.map(async (name) => {
        const input = { username: name, email: `${name}@example.com`, password: 'long enough' }
        const [{ signUp }, { organization }] = await Promise.all([
          postern.client().execute(SignUpDocument, { input }),
          create(ada.client, { name }),
        ])
        return [signUp.sessionToken, organization].filter((created) => created !== null).length
      }),
    )
    expect(given).toEqual(names.map(() => 1))
  })

  it('defaults the display name to the name, and validates it', async () => {
    expect((await create(ada.client, { name: 'shown-1' })).organization?.displayName).toBe('shown-1')
    expect((await create(ada.client, { name: 'shown-2', displayName: ' ' })).organization?.displayName).toBe('shown-2')
    const hundred = '𝒜'.repeat(100)
    expect((await create(ada.client, { name: 'shown-3', displayName: hundred })).organization?.displayName).toBe(
      hundred,
    )
    for (const displayName of ['x'.repeat(101), 'two\nlines', 'a\u0000null', '\u001b[31mred'])
      expect(await faultsOf(ada.client, { name: 'shown-4', displayName })).toEqual(['INVALID input.displayName'])
  })

  it('lets only administrators choose a plan', async () => {
    for (const plan of ['TEAM', 'BUSINESS'] as const) {
      expect(await faultsOf(ada.client, { name: 'planned', plan })).toEqual(['INVALID input.plan'])
      const name = `planned-${plan.toLowerCase()}`
      expect((await create(administrator, { name, plan })).organization).toMatchObject({
        plan,
        tokenLimit: { limit: plan === 'TEAM' ? 10 : 100 },
      })
    }
    expect((await create(ada.client, { name: 'planned', plan: 'FREE' })).organization?.plan).toBe('FREE')
  })

  it('reports all errors of an input together', async () => {
    const input = { name: 'No Name', displayName: 'x'.repeat(101), plan: 'TEAM' as const }
    expect(await faultsOf(ada.client, input)).toEqual([
      'INVALID input.name',
      'INVALID input.displayName',
      'INVALID input.plan',
    ])
  })

  it('uses the default plan of the installation', async () => {
    const generous = await startPostern({ defaultPlan: 'TEAM' })
    try {
      const { client } = await generous.signUp('ada')
      expect((await create(client, { name: 'acme' })).organization).toMatchObject({
        plan: 'TEAM',
        tokenLimit: { limit: 10, remaining: 10 },
      })
      // Neither a larger nor a smaller plan is available to them.
      for (const plan of ['FREE', 'BUSINESS'] as const)
        expect((await create(client, { name: 'other', plan })).userErrors).toMatchObject([{ code: 'INVALID' }])
    } finally {
      await generous.stop()
    }
  })
})

describe('a person who owns a hundred organizations', () => {
  it('lets a person create a hundred organizations, and administrators more', async () => {
    const collector = await postern.signUp('collector')
    const create5 = (first: number) =>
      `mutation { ${[0, 1, 2, 3, 4].map((i) => `a${i}: createOrganization(input: { name: "collected-${first + i}" }) { userErrors { code } }`).join(' ')} }`
    for (let first = 0; first < maxOwnedOrganizations; first += 5)
      expect((await collector.client.send({ query: create5(first) })).body.errors).toBeUndefined()
    const { organization, userErrors } = await create(collector.client, { name: 'one-more' })
    expect({ organization, userErrors }).toEqual({
      organization: null,
      userErrors: [
        {
          code: 'INVALID',
          path: ['input'],
          message:
            'You own 100 organizations, and a person can create no more than 100. Ask an administrator to create it.',
        },
      ],
    })
    expect((await create(administrator, { name: 'one-more' })).userErrors).toEqual([])
  })
})
