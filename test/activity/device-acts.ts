import {
  ApproveDeviceDocument,
  DeleteTokenDocument,
  DenyDeviceDocument,
  PersonalTokensDocument,
} from '../../schema/typed-documents.ts'
import { clientId, deviceCodeGrant, postForm, startDevice } from '../harness/device.ts'
import { signInDevice } from '../harness/personal-token.ts'
import type { Person } from '../harness/postern.ts'
import { type Act, fresh, ownAccount } from './acts.ts'
import { named, ofPerson } from './personal-token-acts.ts'

const ofDevice = { target: 'television', data: { client: clientId, deviceAddress: '127.0.0.1' } }

async function onlyTokenOf({ client }: Person) {
  const { viewer } = await client.execute(PersonalTokensDocument, {})
  const [token] = viewer?.user?.accessTokens.nodes ?? []
  return { id: token?.id ?? '', expiresAt: token?.expiresAt ?? '' }
}

/** Every act of devices, and on them, that writes an event. */
export const deviceActs: readonly Act[] = [
  {
    action: 'user.device_approve',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('approver'))
      const { userCode } = await startDevice(world.postern)
      return ofPerson(world, person, [ApproveDeviceDocument, { userCode }], () => ofDevice)
    },
  },
  {
    action: 'user.device_deny',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('denier'))
      const { userCode } = await startDevice(world.postern)
      return ofPerson(world, person, [DenyDeviceDocument, { userCode }], () => ofDevice)
    },
  },
  {
    action: 'user.device_sign_in',
    how: 'after an approval',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('watcher'))
      const { userCode, deviceCode } = await startDevice(world.postern)
      await person.client.execute(ApproveDeviceDocument, { userCode })
      const form = { grant_type: deviceCodeGrant, device_code: deviceCode, client_id: clientId }
      return {
        async send(headers) {
          const answer = await postForm(world.postern.url, 'token', form, headers)
          return { requestId: answer.headers.get('x-request-id'), failed: answer.status >= 500, body: answer.body }
        },
        async event() {
          const { id, expiresAt } = await onlyTokenOf(person)
          return { ...(await ownAccount(world, person.username)), ...named(id, 'television'), data: { expiresAt } }
        },
      }
    },
  },
  {
    action: 'access_token.recreate',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('tidier'))
      const { id, secret } = await signInDevice(world.postern, person)
      await person.client.execute(DeleteTokenDocument, { id })
      const asDevice = world.postern.client(secret)
      return {
        async send(headers) {
          const answer = await asDevice.send({ query: '{ viewer { user { id } } }' }, headers)
          return { requestId: answer.headers.get('x-request-id'), failed: answer.status >= 500, body: answer.body }
        },
        async event() {
          const { id: tokenId, expiresAt } = await onlyTokenOf(person)
          const actor = { actorKind: 'PERSONAL_TOKEN', actorId: tokenId }
          return {
            ...(await ownAccount(world, person.username)),
            ...actor,
            ...named(tokenId, 'desktop'),
            data: { expiresAt },
          }
        },
      }
    },
  },
]
