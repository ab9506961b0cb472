import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  ActivateTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  GeneratePersonalTokenDocument,
  SignInDeviceDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { generatePersonal, signInDevice } from '../harness/personal-token.ts'
import type { Person } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'
import { type Act, fresh, idIn, ownAccount, type PreparedAct, type Result, sending, type World } from './acts.ts'

/** An action of a person on their own token. */
export function ofPerson<Data, Variables>(
  world: World,
  { client, username }: Pick<Person, 'client' | 'username'>,
  [document, variables]: readonly [TypedDocumentNode<Data, Variables>, Variables],
  event: (response: Result) => object,
): PreparedAct {
  return {
    send: sending(client, document, variables),
    event: async (response) => ({ ...(await ownAccount(world, username)), ...event(response) }),
  }
}

export const named = (id: string, label = 'laptop') => ({ tokenId: id, tokenLabel: label, target: label })

/** Every action on personal tokens, and at the registry with passwords, that records an event. */
export const personalTokenActs: readonly Act[] = [
  {
    action: 'user.sign_in',
    how: 'at the registry',
    async prepare(world) {
      const { username, password } = await world.postern.signUp(fresh('docker'))
      return {
        async send(headers) {
          const response = await askForToken(world.postern.url, { login: { username, password }, headers })
          return {
            requestId: response.headers.get('x-request-id'),
            failed: response.status >= 500,
            body: response.body,
          }
        },
        event: async () => ({ ...(await ownAccount(world, username)), data: { via: 'registry' } }),
      }
    },
  },
  {
    action: 'access_token.create',
    how: 'of a person',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('maker'))
      const input = { label: 'laptop', access: 'READ' as const, idempotencyKey: 'a key' }
      return ofPerson(world, person, [GeneratePersonalTokenDocument, { input }], (response) => ({
        ...named(idIn(response, 'tok')),
        data: { access: 'READ', expiresAt: 'never', scopes: '*/*' },
      }))
    },
  },
  {
    action: 'access_token.update',
    how: 'of a person',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('editor'))
      const { id } = await generatePersonal(person.client)
      const input = { label: 'desk', access: 'PUBLIC_READ' as const }
      const data = { ...input, scopes: '*/*/public' }
      return ofPerson(world, person, [UpdateTokenDocument, { id, input }], () => ({ ...named(id, 'desk'), data }))
    },
  },
  {
    action: 'access_token.deactivate',
    how: 'of a person',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('loser'))
      const { id } = await generatePersonal(person.client)
      return ofPerson(world, person, [DeactivateTokenDocument, { id }], () => named(id))
    },
  },
  {
    action: 'access_token.activate',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('finder'))
      const { id } = await generatePersonal(person.client)
      await person.client.execute(DeactivateTokenDocument, { id })
      return ofPerson(world, person, [ActivateTokenDocument, { id }], () => named(id))
    },
  },
  {
    action: 'access_token.delete',
    how: 'of a device',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('mover'))
      const { id } = await signInDevice(world.postern, person)
      return ofPerson(world, person, [DeleteTokenDocument, { id }], () => named(id, 'desktop'))
    },
  },
  {
    action: 'user.device_sign_in',
    async prepare(world) {
      const { username, password } = await world.postern.signUp(fresh('device'))
      const nobody = { client: world.postern.client(), username }
      const input = { username, password, deviceName: 'desktop' }
      return ofPerson(world, nobody, [SignInDeviceDocument, { input }], (response) => ({
        ...named(idIn(response, 'tok'), 'desktop'),
        data: { expiresAt: /"expiresAt":"([^"]+)"/.exec(JSON.stringify(response.body))?.[1] },
      }))
    },
  },
]
