import { print } from 'graphql'
import { expect } from 'vitest'
import { RotateTokenDocument } from '../../schema/typed-documents.ts'
import { generateToken } from '../harness/postern.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'
import { userIdOf } from '../token/arrange.ts'
import type { Act } from './acts.ts'

const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)

/** Rotations of tokens, and uses of expired secrets. */
export const rotationActs: readonly Act[] = [
  {
    action: 'access_token.rotate',
    async prepare({ postern, owner, acme: namespace }) {
      const { id } = await generateToken(owner, { label: 'rotated' })
      const actorId = await userIdOf(postern.em(), 'admin')
      return {
        async send(headers) {
          const variables = { id, input: { graceSeconds: 60, idempotencyKey: id } }
          const { body, headers: received } = await owner.send(
            { query: print(RotateTokenDocument), variables },
            headers,
          )
          const failed = body.errors?.some(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR') ?? false
          return { requestId: received.get('x-request-id'), failed, body }
        },
        event: () => ({
          namespace,
          actorKind: 'USER',
          actorId,
          actorName: 'admin',
          tokenId: id,
          tokenLabel: 'rotated',
          target: 'rotated',
          data: { graceSeconds: '60', oldSecretEndsAt: aTime },
        }),
      }
    },
  },
  {
    action: 'access_token.late_secret_use',
    async prepare({ postern, owner, acme: namespace }) {
      const { id, secret } = await generateToken(owner, { label: 'forgotten' })
      await owner.execute(RotateTokenDocument, { id })
      return {
        async send(headers) {
          const response = await askForToken(postern.url, { login: acme(secret), headers })
          return {
            requestId: response.headers.get('x-request-id'),
            failed: response.status >= 500,
            body: response.body,
          }
        },
        event: () => ({
          namespace,
          // The caller is unknown, because the secret is rejected.
          actorKind: 'SYSTEM',
          actorId: null,
          actorName: 'system',
          tokenId: id,
          tokenLabel: 'forgotten',
          target: 'forgotten',
          data: { hint: secret.slice(-4), endedAt: aTime },
        }),
      }
    },
  },
]
