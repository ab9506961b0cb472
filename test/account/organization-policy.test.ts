import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  OrganizationPolicyDocument,
  type OrganizationPolicyInput,
  UpdateOrganizationPolicyDocument,
} from '../../schema/typed-documents.ts'
import { SsoProvider } from '../../src/domain/model/sso-tables.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { arrangeCallers, type CallerKind, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { faultsOf } from '../token/arrange.ts'
import { recordedActivity } from './recorded-activity.ts'

const atFirst = {
  maxTokenLifetimeDays: null,
  allowTokenReactivation: false,
  allowTokenSelfRotation: false,
  ssoEnforced: false,
}

let postern: Postern
let callers: Callers
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
})
afterAll(() => postern.stop())

async function update(client: Client, input: OrganizationPolicyInput, organization = 'acme') {
  return (await client.execute(UpdateOrganizationPolicyDocument, { organization, input })).updateOrganizationPolicy
}

async function policyOf(client: Client, name = 'acme') {
  return (await client.execute(OrganizationPolicyDocument, { name })).organization?.policy
}

const changesOf = async (organization = 'acme') =>
  (await recordedActivity(postern, organization)).filter(({ action }) => action === 'organization.policy_change')

describe('the policy of an organization', () => {
  it.each<CallerKind>(['member', 'editor', 'owner', 'companyOwner', 'token', 'administrator'])(
    'requires nothing by default, and is visible to the %s',
    async (kind) => {
      expect(await policyOf(callers.all[kind].client)).toEqual(atFirst)
    },
  )

  it('the policy of an organization can be changed by owners of it or its company, and administrators', async () => {
    for (const [kind, maxTokenLifetimeDays] of [
      ['owner', 365],
      ['companyOwner', 1],
      ['administrator', 90],
    ] as const) {
      const response = await update(callers.all[kind].client, { maxTokenLifetimeDays })
      const policy = { ...atFirst, maxTokenLifetimeDays }
      expect(response).toEqual({ organization: { id: callers.acmeId, policy }, userErrors: [] })
      expect(await policyOf(callers.all.member.client)).toEqual(policy)
      expect((await changesOf()).at(-1)).toMatchObject({
        target: 'acme',
        actorName: callers.all[kind].login?.username,
        data: { maxTokenLifetimeDays: String(maxTokenLifetimeDays) },
      })
    }
    expect(await policyOf(callers.all.ownerElsewhere.client, 'globex')).toEqual(atFirst)
  })

  it('keeps absent settings, and records changed ones', async () => {
    await update(owner, { maxTokenLifetimeDays: 30 })
    await update(owner, { allowTokenReactivation: true, maxTokenLifetimeDays: 30 })
    expect(await policyOf(owner)).toEqual({ ...atFirst, maxTokenLifetimeDays: 30, allowTokenReactivation: true })
    expect((await changesOf()).at(-1)?.data).toEqual({ allowTokenReactivation: 'true' })
    await update(owner, { maxTokenLifetimeDays: null, allowTokenReactivation: false })
    expect(await policyOf(owner)).toEqual(atFirst)
    expect((await changesOf()).at(-1)?.data).toEqual({
      maxTokenLifetimeDays: 'unlimited',
      allowTokenReactivation: 'false',
    })
  })

  it('records nothing if nothing changes', async () => {
    const before = await databaseDigest(postern)
    for (const input of [{}, atFirst, { maxTokenLifetimeDays: null }])
      expect(await update(owner, input)).toEqual({
        organization: { id: callers.acmeId, policy: atFirst },
        userErrors: [],
      })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('reports all errors together, and changes nothing', async () => {
    const before = await databaseDigest(postern)
    for (const maxTokenLifetimeDays of [0, -1, 366, 2_147_483_647])
      expect(faultsOf(await update(owner, { maxTokenLifetimeDays, ssoEnforced: false }))).toEqual([
        'INVALID input.maxTokenLifetimeDays',
      ])
    const input = { maxTokenLifetimeDays: 0, allowTokenReactivation: null, ssoEnforced: null }
    expect(faultsOf(await update(owner, input))).toEqual([
      'INVALID input.maxTokenLifetimeDays',
      'INVALID input.allowTokenReactivation',
      'INVALID input.ssoEnforced',
    ])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('keeps both of two simultaneous changes', async () => {
    await whileLocked<unknown>(
      postern,
      (em) => em.execute('select from organization where id = ? for update', [callers.acmeId]),
      [() => update(owner, { maxTokenLifetimeDays: 7 }), () => update(owner, { allowTokenReactivation: true })],
    )
    expect(await policyOf(owner)).toEqual({ ...atFirst, maxTokenLifetimeDays: 7, allowTokenReactivation: true })
    await update(owner, atFirst)
  })

  it("shows the change in the same response, also through the caller's own organizations", async () => {
    const query = `mutation {
      updateOrganizationPolicy(organization: "acme", input: { maxTokenLifetimeDays: 14 }) {
        organization {
          policy { maxTokenLifetimeDays }
          company { organizations { nodes { policy { maxTokenLifetimeDays } } } }
        }
      }
    }`
    const policy = { maxTokenLifetimeDays: 14 }
    for (const kind of ['companyOwner', 'owner', 'administrator'] as const) {
      await update(owner, atFirst)
      expect((await callers.all[kind].client.send({ query })).body).toEqual({
        data: {
          updateOrganizationPolicy: { organization: { policy, company: { organizations: { nodes: [{ policy }] } } } },
        },
      })
    }
    await update(owner, atFirst)
  })
})

describe('single sign-on', () => {
  it('single sign-on cannot be enforced without a provider, which would lock everybody out', async () => {
    const before = await databaseDigest(postern)
    for (const client of [owner, callers.all.administrator.client]) {
      const response = await update(client, { ssoEnforced: true, maxTokenLifetimeDays: 5 })
      expect(faultsOf(response)).toEqual(['INVALID input.ssoEnforced'])
      expect(response.userErrors[0]?.message).toContain('Configure the provider first')
    }
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('single sign-on is enforced with a provider, until an administrator disables it', async () => {
    await postern.em().insert(SsoProvider, {
      organization: callers.acmeId,
      issuer: 'https://id.example.com',
      clientId: 'postern',
      encryptedClientSecret: Buffer.from('none'),
      redirectUris: [],
      createdAt: new Date(),
    })
    expect((await update(owner, { ssoEnforced: true })).organization?.policy).toEqual({ ...atFirst, ssoEnforced: true })
    expect((await changesOf()).at(-1)?.data).toEqual({ ssoEnforced: 'true' })
    // The setting of another organization does not affect this one.
    expect(faultsOf(await update(callers.all.ownerElsewhere.client, { ssoEnforced: true }, 'globex'))).toEqual([
      'INVALID input.ssoEnforced',
    ])
    await update(callers.all.administrator.client, { ssoEnforced: false })
    expect(await policyOf(owner)).toEqual(atFirst)
  })
})

describe('changing the policy of an organization', () => {
  it('changing the policy of an organization is FORBIDDEN for callers who see the organization', async () => {
    const variables = { organization: 'acme', input: { ssoEnforced: false } }
    for (const kind of ['member', 'editor', 'token', 'tokenElsewhere'] as const)
      expect(await callers.all[kind].client.codesOf(UpdateOrganizationPolicyDocument, variables)).toEqual(['FORBIDDEN'])
    expect(await postern.client().codesOf(UpdateOrganizationPolicyDocument, variables)).toEqual(['UNAUTHENTICATED'])
  })

  it('changing the policy of an organization is NOT_FOUND for callers who cannot see it', async () => {
    const responses = new Set<string>()
    for (const organization of ['globex', 'absent', 'Not A Name', '', '\u0000'])
      for (const input of [{}, { maxTokenLifetimeDays: 0 }, { ssoEnforced: true }])
        responses.add(JSON.stringify(await update(owner, input, organization)))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"code":"NOT_FOUND"')
    expect([...responses][0]).toContain('"path":["organization"]')
  })
})
