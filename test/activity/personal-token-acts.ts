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
import { type Act, type Answer, fresh, idIn, type PreparedAct, sending, themself, type World } from './acts.ts'

/** An act of a person on a token of their own. */
function ofPerson<Data, Variables>(
  world: World,
  { client, username }: Pick<Person, 'client' | 'username'>,
  [document, variables]: readonly [TypedDocumentNode<Data, Variables>, Variables],
  event: (answer: Answer) => object,
): PreparedAct {
  return {
    send: sending(client, document, variables),
    event: async (answer) => ({ ...(await themself(world, username)), ...event(answer) }),
  }
}

const named = (id: string, label = 'laptop') => ({ tokenId: id, tokenLabel: label, target: label })

/** Every act on tokens of people, and at the registry with their passwords, that writes an event. */
export const personalTokenActs: readonly Act[] = [
  {
    action: 'user.sign_in',
    how: 'at the registry',
    async prepare(world) {
      const { username, password } = await world.postern.signUp(fresh('docker'))
      return {
        async send(headers) {
          const answer = await askForToken(world.postern.url, { login: { username, password }, headers })
          return { requestId: answer.headers.get('x-request-id'), failed: answer.status >= 500, body: answer.body }
        },
        event: async () => ({ ...(await themself(world, username)), data: { via: 'registry' } }),
      }
    },
  },
  {
    action: 'access_token.create',
    how: 'of a person',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('maker'))
      const input = { label: 'laptop', access: 'READ' as const, idempotencyKey: 'a key' }
      return ofPerson(world, person, [GeneratePersonalTokenDocument, { input }], (answer) => ({
        ...named(idIn(answer, 'tok')),
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
      return ofPerson(world, nobody, [SignInDeviceDocument, { input }], (answer) => ({
        ...named(idIn(answer, 'tok'), 'desktop'),
        data: { expiresAt: /"expiresAt":"([^"]+)"/.exec(JSON.stringify(answer.body))?.[1] },
      }))
    },
  },
]
