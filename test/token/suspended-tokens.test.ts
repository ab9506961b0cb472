import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  ActivateTokenDocument,
  ChangeOrganizationPlanDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  ExplainAccessDocument,
  GenerateOrganizationTokenDocument,
  type Plan,
  RefusedAttemptsDocument,
  RotateTokenDocument,
  UpdateOrganizationPolicyDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import type { AccessTokenStatus } from '../../src/domain/model/access-token.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { everyRepository, expire, faultsOf, grantedActions } from './arrange.ts'

let postern: Postern
let owner: Client
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/api')
})
beforeEach(async () => {
  await changePlan('BUSINESS')
  token = await generateToken(owner)
})
afterAll(() => postern.stop())

function changePlan(plan: Plan) {
  return owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan })
}

async function read(id = token.id) {
  return (await owner.execute(AccessTokenDocument, { id })).accessToken
}

/** Whether the API and the token endpoint accept a secret, which must agree. */
async function opens(secret = token.secret): Promise<boolean> {
  const codes = await postern.client(secret).codesOf(ViewerDocument, {})
  const { status } = await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')
  expect([codes, status]).toEqual(codes.length === 0 ? [[], 200] : [['UNAUTHENTICATED'], 401])
  return codes.length === 0
}

async function listed(...status: AccessTokenStatus[]) {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', filter: { status } })
  const { nodes = [], totalCount } = organization?.accessTokens ?? {}
  expect(totalCount).toBe(nodes.length)
  return nodes.map(({ id }) => id)
}

const scopes = [everyRepository()]
const update = async (id = token.id) =>
  (await owner.execute(UpdateTokenDocument, { id, input: { label: 'new' } })).updateToken
const rotate = async (id = token.id) => (await owner.execute(RotateTokenDocument, { id, input: {} })).rotateToken
const activate = async (id = token.id) => (await owner.execute(ActivateTokenDocument, { id })).activateToken
const deactivate = async (id = token.id) => (await owner.execute(DeactivateTokenDocument, { id })).deactivateToken

describe('a plan without tokens', () => {
  it('suspends tokens at once at both protocols, and the plan with tokens brings them back', async () => {
    expect(await opens()).toBe(true)
    await changePlan('FREE')
    expect(await opens()).toBe(false)
    expect(await read()).toMatchObject({ status: 'SUSPENDED', statusReason: expect.stringMatching(/plan/) })
    await changePlan('TEAM')
    expect(await opens()).toBe(true)
    expect(await read()).toMatchObject({ status: 'ACTIVE', statusReason: null, label: 'ci' })
  })

  it('suspends tokens at another instance at the same moment', async () => {
    const second = await postern.startSecondInstance()
    try {
      const grants = () => grantedActions(second.url, { username: 'acme', secret: token.secret }, 'acme/api')
      expect((await grants()).status).toBe(200)
      await changePlan('FREE')
      expect((await grants()).status).toBe(401)
    } finally {
      await second.stop()
    }
  })

  it('explains a suspended token, and lists its attempts with the reason', async () => {
    await changePlan('FREE')
    await opens()
    const { explainAccess } = await owner.execute(ExplainAccessDocument, {
      token: token.id,
      repository: 'acme/api',
      permissions: ['IMAGE_PULL'],
    })
    expect(explainAccess?.permissions).toMatchObject([
      { granted: false, reason: 'TOKEN_SUSPENDED', message: expect.stringMatching(/plan/) },
    ])
    const attempts = async () =>
      (await owner.execute(RefusedAttemptsDocument, { organization: 'acme' })).organization?.accessTokens?.nodes.find(
        ({ id }) => id === token.id,
      )?.refusedAttempts
    await expect.poll(attempts, { timeout: 10_000 }).toMatchObject([{ reason: 'TOKEN_SUSPENDED', attempts: 2 }])
  })

  it('lists suspended tokens by their status, and expired and inactive ones by theirs', async () => {
    const [inactive, expired] = [await generateToken(owner), await generateToken(owner)]
    await deactivate(inactive.id)
    await expire(postern.em(), expired.id)
    const active = await listed('ACTIVE')
    expect(active).toContain(token.id)
    expect(await listed('SUSPENDED')).toEqual([])
    await changePlan('FREE')
    expect(await listed('ACTIVE')).toEqual([])
    expect(await listed('SUSPENDED')).toEqual(active)
    expect(await listed('INACTIVE')).toContain(inactive.id)
    expect(await listed('EXPIRED')).toContain(expired.id)
    expect([(await read(inactive.id))?.status, (await read(expired.id))?.status]).toEqual(['INACTIVE', 'EXPIRED'])
  })

  it('lets nobody update, rotate or generate a token', async () => {
    await changePlan('FREE')
    for (const payload of [await update(), await rotate(), await activate()])
      expect(faultsOf(payload)).toEqual(['PLAN_REQUIRED id'])
    const input = { organization: 'acme', label: 'new', scopes }
    const { generateOrganizationToken } = await owner.execute(GenerateOrganizationTokenDocument, { input })
    expect(faultsOf(generateOrganizationToken)).toEqual(['PLAN_REQUIRED input.organization'])
    expect(await read()).toMatchObject({ label: 'ci', status: 'SUSPENDED' })
  })

  it('lets owners deactivate a token, which then stays inactive with any plan, and delete it', async () => {
    await changePlan('FREE')
    expect(faultsOf(await deactivate())).toEqual([])
    await changePlan('BUSINESS')
    expect(await read()).toMatchObject({ status: 'INACTIVE' })
    expect(await opens()).toBe(false)
    await changePlan('FREE')
    await owner.execute(DeleteTokenDocument, { id: token.id })
    expect(await read()).toBeNull()
  })

  it('activates no inactive token, also where the policy allows it', async () => {
    await deactivate()
    await owner.execute(UpdateOrganizationPolicyDocument, {
      organization: 'acme',
      input: { allowTokenReactivation: true },
    })
    await changePlan('FREE')
    expect(faultsOf(await activate())).toEqual(['PLAN_REQUIRED id'])
    await changePlan('TEAM')
    expect(faultsOf(await activate())).toEqual([])
    expect(await opens()).toBe(true)
  })
})

describe('a plan with fewer tokens than there are', () => {
  it('suspends no token, and lets nobody generate one until there is room', async () => {
    const tokens = await Promise.all(Array.from({ length: 12 }, () => generateToken(owner)))
    await changePlan('TEAM')
    for (const { secret } of tokens.slice(0, 3)) expect(await opens(secret)).toBe(true)
    expect(await listed('SUSPENDED')).toEqual([])
    const input = { organization: 'acme', label: 'new', scopes }
    const { generateOrganizationToken } = await owner.execute(GenerateOrganizationTokenDocument, { input })
    expect(faultsOf(generateOrganizationToken)).toEqual(['TOKEN_LIMIT_REACHED input.organization'])
    expect(faultsOf(await rotate())).toEqual([])
  })
})
