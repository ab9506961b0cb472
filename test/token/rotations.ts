import { expect } from 'vitest'
import { RotateTokenDocument, type RotateTokenInput, ViewerDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { Postern } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'

/** A token, and who manages it. */
export interface Rotatable {
  readonly id: string
  /** Its first secret. */
  readonly secret: string
  readonly manager: Client
  /** Its username for `docker login`. */
  readonly username: string
}

/** Rotates a token. Returns the payload, which may have user errors. */
export async function tryToRotate({ id, manager }: Pick<Rotatable, 'id' | 'manager'>, input?: RotateTokenInput) {
  return (await manager.execute(RotateTokenDocument, { id, ...(input && { input }) })).rotateToken
}

/** Rotates a token, and returns its new secret. */
export async function rotate(token: Rotatable, input?: RotateTokenInput): Promise<string> {
  const { secret, userErrors } = await tryToRotate(token, input)
  if (!secret) throw new Error(`It was not rotated: ${JSON.stringify(userErrors)}`)
  return secret
}

/** A secret as the API returns it. */
interface ShownSecret {
  readonly hint: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

/** The secrets of a token as its manager sees them. */
export async function secretsOf({ id, manager }: Pick<Rotatable, 'id' | 'manager'>): Promise<readonly ShownSecret[]> {
  const query = `query ($id: ID!) { accessToken(id: $id) { hint secrets { hint createdAt expiresAt lastUsedAt } } }`
  const { body } = await manager.send({ query, variables: { id } })
  const token = body.data?.accessToken as { readonly hint: string; readonly secrets: readonly ShownSecret[] }
  expect(token.hint).toBe(token.secrets[0]?.hint)
  return token.secrets
}

/** The visible part of a secret. */
export const hintOf = (secret: string) => secret.slice(-4)

/** Whether the API and the token endpoint accept a secret, which must agree. It counts as a use. */
export async function opens(postern: Postern, { username }: Rotatable, secret: string): Promise<boolean> {
  const codes = await postern.client(secret).codesOf(ViewerDocument, {})
  const { status } = await askForToken(postern.url, { login: { username, password: secret } })
  expect([codes, status]).toEqual(codes.length === 0 ? [[], 200] : [['UNAUTHENTICATED'], 401])
  return codes.length === 0
}
