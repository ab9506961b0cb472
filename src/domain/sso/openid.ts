import { LRUCache } from 'lru-cache'
import type * as Openid from 'openid-client'
import { minuteMs } from '../shared/duration.ts'
import { fetchFromProvider } from './fetch-from-provider.ts'

/*
 * The only module that connects to OpenID providers, as a relying party with a client secret: the authorization code
 * flow of OpenID Connect Core 1.0 (section 3.1), with PKCE (RFC 7636, S256). openid-client checks responses: state,
 * nonce, issuer, audience, times, and the ID token's signature by the keys that the provider publishes.
 */

/** The timeout of each request to a provider. */
export const providerTimeoutSeconds = 5

// The endpoints of a provider change once in years. An old one can only cause a sign-in to fail: the ID token says who
// signs in, its issuer is the configured one, and its keys are fetched each time.
const metadataLifetimeMs = 5 * minuteMs
const maxKeptLength = 8 * 1024
const knownMetadata = new LRUCache<string, Openid.ServerMetadata>({ max: 1_000, ttl: metadataLifetimeMs })

// OpenID Connect Core 1.0, section 2.
const subjectPattern = /^[\x20-\x7e]{1,255}$/

/** Postern as a client of a provider. */
export interface OpenidClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** A started sign-in. All except the URL is needed to complete it. */
export interface BegunSignIn {
  readonly authorizationUrl: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** A person whom a provider has just signed in. */
export interface ProviderAccount {
  readonly issuer: string
  /** The provider's identifier of the person, which it never gives to another. */
  readonly subject: string
  /** The person's profile. May connect to the provider; throws `ProviderFailed`. */
  readonly profile: () => Promise<ProviderProfile>
}

export interface ProviderProfile {
  readonly preferredUsername: string | null
  readonly displayName: string | null
  readonly email: string | null
}

/** Thrown if a provider cannot be reached, or its response is invalid or an error. Callers never see the cause. */
export class ProviderFailed extends Error {
  constructor(cause: unknown) {
    super('The OpenID provider failed.', { cause })
    this.name = 'ProviderFailed'
  }
}

/** Requests the provider's configuration, and returns its issuer as the provider writes it. Throws `ProviderFailed`. */
export function discoverProvider(client: OpenidClient): Promise<string> {
  return withOpenid(async (openid) => (await discover(openid, client)).issuer)
}

/** Starts a sign-in that returns to `redirectUri`. Throws `ProviderFailed`. */
export function beginSignIn(client: OpenidClient, redirectUri: string): Promise<BegunSignIn> {
  return withOpenid(async (openid) => {
    const configuration = await configure(openid, client)
    const state = openid.randomState()
    const nonce = openid.randomNonce()
    const codeVerifier = openid.randomPKCECodeVerifier()
    const authorizationUrl = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    })
    return { authorizationUrl: authorizationUrl.href, state, nonce, codeVerifier }
  })
}

/**
 * Completes a sign-in: exchanges the code in `callback`, the URL that the provider sent the browser to. Throws
 * `ProviderFailed`.
 */
export function verifyCallback(
  client: OpenidClient,
  callback: URL,
  begun: Pick<BegunSignIn, 'state' | 'nonce' | 'codeVerifier'>,
): Promise<ProviderAccount> {
  return withOpenid(async (openid) => {
    const configuration = await configure(openid, client)
    const tokens = await openid.authorizationCodeGrant(configuration, callback, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.codeVerifier,
    })
    const claims = tokens.claims()
    if (claims === undefined || !subjectPattern.test(claims.sub)) throw new TypeError('The ID token names nobody.')
    const profile = async () => {
      // Most providers have the profile there, and not in the ID token.
      const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
      const userInfo = hasUserInfo ? await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub) : {}
      return toProfile({ ...userInfo, ...claims })
    }
    return { issuer: claims.iss, subject: claims.sub, profile: () => withOpenid(profile) }
  })
}

function toProfile(claims: Readonly<Record<string, unknown>>): ProviderProfile {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : null)
  return {
    preferredUsername: text('preferred_username'),
    displayName: text('name'),
    email: text('email'),
  }
}

/** Loads the library at its first use, because most installations never need it. */
async function withOpenid<T>(work: (openid: typeof Openid) => Promise<T>): Promise<T> {
  const openid = await import('openid-client')
  try {
    return await work(openid)
  } catch (error) {
    throw new ProviderFailed(error)
  }
}

async function configure(openid: typeof Openid, client: OpenidClient): Promise<Openid.Configuration> {
  const metadata = knownMetadata.get(client.issuer) ?? (await discover(openid, client))
  // RFC 6749, section 2.3.1, requires providers to accept Basic, but some do so incorrectly. Prefer the body.
  const authenticate = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_post')
    ? openid.ClientSecretPost(client.clientSecret)
    : openid.ClientSecretBasic(client.clientSecret)
  const configuration = new openid.Configuration(metadata, client.clientId, client.clientSecret, authenticate)
  configuration.timeout = providerTimeoutSeconds
  configuration[openid.customFetch] = fetchFromProvider
  openid.enableNonRepudiationChecks(configuration)
  if (isWithoutTls(client)) openid.allowInsecureRequests(configuration)
  return configuration
}

async function discover(openid: typeof Openid, client: OpenidClient): Promise<Openid.ServerMetadata> {
  const issuer = new URL(client.issuer)
  const configuration = await openid.discovery(issuer, client.clientId, client.clientSecret, undefined, {
    timeout: providerTimeoutSeconds,
    execute: isWithoutTls(client) ? [openid.allowInsecureRequests] : [],
    [openid.customFetch]: fetchFromProvider,
  })
  const metadata = configuration.serverMetadata()
  // openid-client accepts another issuer from some providers, which sign in people of any organization.
  if (withoutSlash(metadata.issuer) !== withoutSlash(client.issuer))
    throw new TypeError('The issuer is not the configured one.')
  const { authorization_endpoint, token_endpoint, jwks_uri } = metadata
  if (!authorization_endpoint || !token_endpoint || !jwks_uri) throw new TypeError('An endpoint is missing.')
  const kept = keptMetadata(metadata)
  knownMetadata.set(kept.issuer, kept)
  return kept
}

/** The members that sign-ins need. The others are not cached: parsed metadata can take many times its size. */
function keptMetadata(metadata: Openid.ServerMetadata): Openid.ServerMetadata {
  const kept: Openid.ServerMetadata = { issuer: metadata.issuer }
  for (const name of [
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'userinfo_endpoint',
    'authorization_response_iss_parameter_supported',
    'token_endpoint_auth_methods_supported',
    'id_token_signing_alg_values_supported',
    'userinfo_signing_alg_values_supported',
    'code_challenge_methods_supported',
  ] as const) {
    const value = metadata[name]
    if (value !== undefined) Object.assign(kept, { [name]: value })
  }
  if (JSON.stringify(kept).length > maxKeptLength) throw new TypeError('The metadata is too long.')
  return kept
}

// People leave out the slash, which the library accepts, too.
function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '')
}

// Only a provider on this machine can have been configured like this.
function isWithoutTls({ issuer }: OpenidClient): boolean {
  return new URL(issuer).protocol === 'http:'
}
