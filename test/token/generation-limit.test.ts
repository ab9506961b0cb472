import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeleteTokenDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
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

it('lets each organization generate a hundred tokens in an hour, deleted ones included', async () => {
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
