import { recognizeSecret } from '../../src/domain/secrets/token-secret.ts'
import { secretHash, tokenBrand } from '../world/world.ts'

/** The hash of the session token in an `Authorization` header; null if it has no well-formed one. */
export function sessionHashOf(authorization: string | undefined): Buffer | null {
  if (!authorization?.startsWith('Bearer ')) return null
  const secret = recognizeSecret(tokenBrand, authorization.slice('Bearer '.length))
  return secret?.kind === 'ses' ? secretHash(secret.reveal()) : null
}
