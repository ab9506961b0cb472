import { createHmac, randomBytes } from 'node:crypto'

// Standard Webhooks 1.0.0, "Symmetric secret": 24 to 64 random bytes, in base64 after this prefix.
const prefix = 'whsec_'
const secretBytes = 32

/** A new secret to sign with: its bytes to store, and its text to show once. */
export function generateSigningSecret(): { readonly bytes: Buffer; readonly text: string } {
  const bytes = randomBytes(secretBytes)
  return { bytes, text: `${prefix}${bytes.toString('base64')}` }
}

/**
 * The headers of one attempt to send a body. `webhook-signature` has the HMAC-SHA-256 of `id.timestamp.body` with each
 * secret, in base64 (Standard Webhooks 1.0.0, "Signature scheme").
 */
export function signedHeaders(
  id: string,
  body: string,
  secrets: readonly Buffer[],
  now: Date,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const signatures = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64'),
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  }
}
