import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateRepositoryDocument,
  type Permission,
  TokenItselfDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { insertUsage } from '../../src/domain/usage/usage-day-store.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
let organizationId: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())

const today = new Date()
const period = { from: today.toISOString(), to: new Date(today.getTime() + 1).toISOString() }

async function tokenWith(...permissions: Permission[]) {
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions }]
  const { id, secret } = await generateToken(owner, { scopes })
  return { id, client: postern.client(secret) }
}

const create = (client: Client, name: string) => client.execute(CreateRepositoryDocument, { input: { name } })

const used = (tokenId: string, pulls: number) => ({
  namespaceId: organizationId,
  at: today,
  repository: 'acme/api',
  tokenId,
  tokenLabel: 'ci',
  userId: null,
  ipAddress: null,
  pulls,
  pushes: 0,
})

describe('a token with TOKEN_READ', () => {
  it('reads what it did itself, and nothing that others did, also not with it', async () => {
    const [token, other] = [
      await tokenWith('TOKEN_READ', 'REPOSITORY_CREATE'),
      await tokenWith('TOKEN_READ', 'REPOSITORY_CREATE'),
    ]
    await create(token.client, 'acme/mine')
    await create(other.client, 'acme/theirs')
    await owner.execute(UpdateTokenDocument, { id: token.id, input: { label: 'renamed' } })
    const { viewer } = await token.client.execute(TokenItselfDocument, period)
    const events = viewer?.tokenActivity?.nodes.map(({ kind, target }) => `${kind} ${target}`)
    expect(events).toContain('REPOSITORY_CREATE acme/mine')
    expect(events?.join()).not.toMatch(/theirs|UPDATE|renamed|ACCESS_TOKEN_CREATE/)
  })

  it('reads its own usage, and no other', async () => {
    const [token, other] = [await tokenWith('TOKEN_READ'), await tokenWith('TOKEN_READ')]
    await insertUsage(postern.em(), [used(token.id, 3), used(other.id, 40)])
    const { viewer } = await token.client.execute(TokenItselfDocument, period)
    expect(viewer?.tokenUsage).toEqual([{ day: `${period.from.slice(0, 10)}T00:00:00.000Z`, pulls: 3, pushes: 0 }])
  })

  it('reads neither the log nor the reports of its organization', async () => {
    const { client } = await tokenWith('TOKEN_READ')
    const query = `query ($from: DateTime!, $to: DateTime!) { organization(name: "acme") {
      activity { totalCount } usageTotals(from: $from, to: $to) { pulls } accessTokens { totalCount }
    } }`
    const { body } = await client.send({ query, variables: period })
    expect(body.errors?.map(({ extensions, path }) => [extensions.code, path?.at(-1)])).toEqual([
      ['FORBIDDEN', 'activity'],
      ['FORBIDDEN', 'usageTotals'],
      ['FORBIDDEN', 'accessTokens'],
    ])
  })
})

describe('other callers', () => {
  it('without TOKEN_READ, a token sees its values, and two errors for its activity and usage', async () => {
    const { id, client } = await tokenWith('ACTIVITY_READ')
    const { body } = await client.send({ query: print(TokenItselfDocument), variables: period })
    expect(body.data).toMatchObject({ viewer: { accessToken: { id }, tokenActivity: null, tokenUsage: null } })
    expect(body.errors?.map(({ message }) => message)).toEqual([
      expect.stringContaining('lacks the permission TOKEN_READ'),
      expect.stringContaining('lacks the permission TOKEN_READ'),
    ])
  })

  it('get null for the activity and usage of a token that they are not', async () => {
    expect((await owner.execute(TokenItselfDocument, period)).viewer).toEqual({
      accessToken: null,
      tokenActivity: null,
      tokenUsage: null,
    })
  })
})
