import { expect } from 'vitest'
import * as documents from '../../schema/typed-documents.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import { insertRefusedAttempts } from '../../src/domain/refusal/refused-attempt-store.ts'
import { insertLogins } from '../../src/domain/registry-access/registry-login-store.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern } from '../harness/postern.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'
import { everyRepository } from '../token/arrange.ts'
import type { Ask } from './ask.ts'

/** The requests of registry clients. They also write last uses, the first use of a token at once. */
export async function everyTokenRequest(ask: Ask, postern: Postern, owner: Client): Promise<void> {
  const creating: documents.ScopeInput = { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] }
  const { secret } = await generateToken(owner, { scopes: [everyRepository(), creating], pullLimit: 9 })
  const unknown = mintSecret('pstn', 'oat').reveal()
  const statuses: number[] = []
  for (const login of [acme(secret), acme(unknown), null])
    for (const actions of ['pull', 'pull,push'])
      for (const name of ['acme/api', 'acme/pushed', 'person-1/any']) {
        const scopes = [`repository:acme/web:${actions}`, `repository:${name}:${actions}`]
        statuses.push((await askForToken(postern.url, { login, scopes })).status)
      }
  expect(new Set(statuses)).toEqual(new Set([200, 401]))

  const { organization } = await ask(owner, documents.RefusedAttemptsDocument, { organization: 'acme' })
  const [token] = organization?.accessTokens.nodes ?? []
  const namespace = await postern.em().findOneOrFail(Namespace, { name: 'acme' })
  const at = new Date()
  const login = { namespace_id: namespace.id, token_id: token?.id ?? '', network: '192.0.2.1/32' }
  await insertLogins(postern.em(), [{ ...login, at: at.toISOString() }])
  const subjects = [{ namespaceId: namespace.id, tokenId: token?.id ?? null }, { name: 'acme' }]
  const noted = { ipAddress: '192.0.2.1', client: 'docker', firstAt: at, lastAt: at, attempts: 1 }
  const reason = 'UNKNOWN_SECRET' as const
  await insertRefusedAttempts(
    postern.em(),
    subjects.map((subject) => ({ ...noted, refusal: { subject, reason } })),
  )
}
