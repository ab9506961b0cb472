import { expect } from 'vitest'
import { RotateTokenDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern } from '../harness/postern.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'
import type { Ask } from './ask.ts'

/** Rotations with the first use of the new secret, and late uses of the old one, at the API and the token endpoint. */
export async function everyRotation(postern: Postern, owner: Client, ask: Ask): Promise<void> {
  const { id, secret } = await generateToken(owner)
  const rotated: string[] = [secret]
  for (const input of [{ graceSeconds: 60, idempotencyKey: 'rotate-1' }, undefined]) {
    const variables = { id, ...(input && { input }) }
    const { rotateToken } = await ask(owner, RotateTokenDocument, variables)
    rotated.unshift(rotateToken.secret ?? '')
    if (input) await ask(owner, RotateTokenDocument, variables)
  }
  const statuses = []
  for (const each of rotated) statuses.push((await askForToken(postern.url, { login: acme(each) })).status)
  expect(statuses).toEqual([200, 401, 401])
  // A minute later, a late use is recorded again.
  await postern.em().nativeUpdate(AccessTokenSecret, { token: id }, { refusedAt: new Date(Date.now() - 3_600_000) })
  for (const each of rotated.slice(1))
    expect(await postern.client(each).codesOf(ViewerDocument, {})).toEqual(['UNAUTHENTICATED'])
}
