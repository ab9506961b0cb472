import type { RepositoryAction } from './requested-scope.ts'
import { signEs256 } from './sign-es256.ts'
import type { SigningKey } from './signing-key.ts'

/** For registries whose clock is a little behind, beside the leeway that Distribution has of its own. */
const NOT_BEFORE_SLACK_SECONDS = 5

/** What a registry token lets its bearer do. Names are exact: Distribution knows no wildcards in them. */
export interface GrantedAccess {
  readonly type: 'repository'
  readonly name: string
  readonly actions: ReadonlyArray<RepositoryAction>
}

export interface BearerTokenClaims {
  /** What the registry is configured with as `issuer`. */
  readonly issuer: string
  /** What the registry is configured with as `service`. */
  readonly audience: string
  /** The only claim that comes back in the registry's notifications and log (`actor.name`); empty for anonymous. */
  readonly subject: string
  readonly access: ReadonlyArray<GrantedAccess>
  /** The id of this one token. */
  readonly jti: string
  readonly issuedAt: Date
  readonly lifetimeSeconds: number
}

const headers = new WeakMap<SigningKey, string>()

/**
 * Issues a registry token: a JWT (RFC 7519) signed with ES256, in the one form that Distribution 2.8, 3.0 and 3.1
 * accept with nothing but a `rootcertbundle`: `kid` and `x5c` together, `aud` a plain string, whole seconds.
 *
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function issueBearerToken(key: SigningKey, claims: BearerTokenClaims): string {
  const issuedAt = Math.floor(claims.issuedAt.getTime() / 1000)
  const payload = encode({
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    exp: issuedAt + claims.lifetimeSeconds,
    nbf: issuedAt - NOT_BEFORE_SLACK_SECONDS,
    iat: issuedAt,
    jti: claims.jti,
    access: claims.access.map(({ type, name, actions }) => ({ type, name, actions })),
  })
  const signed = `${headerOf(key)}.${payload}`
  return `${signed}.${signEs256(signed, key.privateKey).toString('base64url')}`
}

/** The header is the same for every token of a key, and most of the token's bytes. */
function headerOf(key: SigningKey): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = encode({ alg: 'ES256', typ: 'JWT', kid: key.kid, x5c: [key.certificateDer.toString('base64')] })
  headers.set(key, header)
  return header
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
