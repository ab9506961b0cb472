import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApproveDeviceDocument, DeleteTokenDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { startDevice } from '../harness/device.ts'
import { generatePersonal, tryToSignInDevice } from '../harness/personal-token.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createOrganization(owner, 'globex')
})
afterAll(() => postern.stop())

it('an organization can generate a hundred tokens in an hour, with deleted ones, which affects no other', async () => {
  for (let i = 0; i < 100; i++) {
    const { id } = await generateToken(owner)
    await owner.execute(DeleteTokenDocument, { id })
  }
  const denied = await owner.send({
    query: `mutation { generateOrganizationToken(input: {
      organization: "acme", label: "one more", scopes: [{ resource: REPOSITORY, path: "acme/*", permissions: [IMAGE_PULL] }]
    }) { secret } }`,
  })
  expect(denied.body.errors).toMatchObject([
    { extensions: { code: 'TOO_MANY_REQUESTS', retryAfter: expect.any(Number) } },
  ])
  expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(3_000)
  await expect(generateToken(owner)).rejects.toThrow('generated too many tokens within an hour')
  await generateToken(owner, { organization: 'globex' })
}, 60_000)

describe('HOURLY_RATES', () => {
  let strict: Postern

  beforeAll(async () => {
    strict = await startPostern({ hourlyRates: { personalTokens: 2, organizationTokens: 3, deviceRequests: 4 } })
  })
  afterAll(() => strict.stop())

  it('limits the organization tokens of an hour, with deleted ones, but not below the plan', async () => {
    const administrator = await strict.signInAsAdministrator()
    await createOrganization(administrator, 'acme', 'TEAM')
    for (let i = 0; i < 10; i++) {
      const { id } = await generateToken(administrator)
      await administrator.execute(DeleteTokenDocument, { id })
    }
    await expect(generateToken(administrator)).rejects.toThrow('generated too many tokens within an hour')
  })

  it('limits the personal tokens and devices of an hour together', async () => {
    const ada = await strict.signUp('ada')
    await generatePersonal(ada.client)
    expect((await tryToSignInDevice(strict, ada)).userErrors).toEqual([])
    await expect(tryToSignInDevice(strict, ada, 'another')).rejects.toThrow(
      'generated 2 personal tokens within an hour',
    )
    await expect(generatePersonal(ada.client)).rejects.toThrow('generated 2 personal tokens within an hour')
  })

  it('counts devices that are approved and have no token yet, also if there is no token', async () => {
    const eve = await strict.signUp('eve')
    const codes = [
      await startDevice(strict, 'one'),
      await startDevice(strict, 'two'),
      await startDevice(strict, 'more'),
    ]
    const outcomes = []
    for (const { userCode } of codes) outcomes.push(await eve.client.codesOf(ApproveDeviceDocument, { userCode }))
    expect(outcomes).toEqual([[], [], ['TOO_MANY_REQUESTS']])
    await expect(generatePersonal(eve.client)).rejects.toThrow('Wait 3600 seconds')
  })

  it('limits the devices of a network that ask to be approved and are not', async () => {
    await strict.em().execute('truncate failure_count')
    for (let i = 0; i < 4; i++) await startDevice(strict, `device ${i}`)
    await expect(startDevice(strict, 'one more')).rejects.toThrow()
  })
})
