import * as client from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApproveDeviceDocument, DenyDeviceDocument } from '../../schema/typed-documents.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let configuration: client.Configuration

beforeAll(async () => {
  postern = await startPostern()
  const { url } = postern
  const server = {
    issuer: url,
    device_authorization_endpoint: `${url}/oauth/device`,
    token_endpoint: `${url}/oauth/token`,
  }
  configuration = new client.Configuration(server, 'openid-client', undefined, client.None())
  client.allowInsecureRequests(configuration)
})
afterAll(() => postern.stop())

it('signs in a device that openid-client speaks for, after it was approved', async () => {
  const ada = await postern.signUp('ada')
  const started = await client.initiateDeviceAuthorization(configuration, { scope: 'openid', device_name: 'robot' })
  expect(new URL(started.verification_uri_complete ?? '').searchParams.get('user_code')).toBe(started.user_code)
  const polled = client.pollDeviceAuthorizationGrant(configuration, started)
  await ada.client.execute(ApproveDeviceDocument, { userCode: started.user_code })
  const tokens = await polled
  expect(tokens.expiresIn()).toBeGreaterThan(89 * 86_400)
  const { body } = await postern.client(tokens.access_token).send({ query: '{ viewer { accessToken { label } } }' })
  expect(body).toEqual({ data: { viewer: { accessToken: { label: 'robot' } } } })
}, 30_000)

it('returns an error to openid-client that it understands when the person denied', async () => {
  const ben = await postern.signUp('ben')
  const started = await client.initiateDeviceAuthorization(configuration, {})
  await ben.client.execute(DenyDeviceDocument, { userCode: started.user_code })
  const polled = client.pollDeviceAuthorizationGrant(configuration, started)
  await expect(polled).rejects.toMatchObject({ error: 'access_denied', status: 400 })
}, 30_000)
