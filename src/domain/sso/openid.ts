import { LRUCache } from 'lru-cache'
import type * as Openid from 'openid-client'
import { isSafeTransport } from './provider-url.ts'

/*
 * The one place that speaks with OpenID providers, as a relying party with a client secret: the authorization code flow
 * of OpenID Connect Core 1.0 (section 3.1), with PKCE (RFC 7636, S256). What a provider answers is checked by openid-client:
 * state, nonce, issuer, audience, times, and the ID token's signature by the keys that the provider publishes.
 */

/** How long a provider may take over each request. */
export const providerTimeoutSeconds = 5

// What a provider publishes of itself is a few KiB, and its keys are not many more. Anybody can run a provider.
const maxAnswerBytes = 64 * 1024

// Where a provider's endpoints are changes once in years. An old address can only make a sign-in fail: who signs in is told
// by the ID token, whose issuer is the configured one, and whose keys are fetched anew each time.
const metadataLifetimeMs = 5 * 60 * 1000
const maxKeptLength = 8 * 1024
const knownMetadata = new LRUCache<string, Openid.ServerMetadata>({ max: 1_000, ttl: metadataLifetimeMs })

// OpenID Connect Core 1.0, section 2.
const subjectPattern = /^[\x20-\x7e]{1,255}$/

/** Postern as a provider knows it. */
export interface OpenidClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What a sign-in is begun with; all but the address is needed again to finish it. */
export interface BegunSignIn {
  readonly authorizationUrl: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Somebody whom a provider has just signed in. */
export interface ProviderAccount {
  readonly issuer: string
  /** The provider's own name for them, which it never gives to another. */
  readonly subject: string
  /** What the provider tells of them; may ask it once more, and throws `ProviderFailed`. */
  readonly profile: () => Promise<ProviderProfile>
}

export interface ProviderProfile {
  readonly preferredUsername: string | null
  readonly displayName: string | null
  readonly email: string | null
}

/** Thrown when a provider cannot be reached, answers nonsense, or refuses; the cause is for no caller. */
export class ProviderFailed extends Error {
  constructor(cause: unknown) {
    super('The OpenID provider did not do its part.', { cause })
    this.name = 'ProviderFailed'
  }
}

/** Asks the provider for its configuration, and answers its issuer as it writes it. Throws `ProviderFailed`. */
export function discoverProvider(client: OpenidClient): Promise<string> {
  return asking(async (openid) => (await discover(openid, client)).issuer)
}

/** Begins a sign-in that comes back to `redirectUri`. Throws `ProviderFailed`. */
export function beginSignIn(client: OpenidClient, redirectUri: string): Promise<BegunSignIn> {
  return asking(async (openid) => {
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
 * Finishes a sign-in: exchanges the code that the provider sent along to `callback`, whose path is that of the redirect
 * URI. Throws `ProviderFailed`.
 */
export function verifyCallback(
  client: OpenidClient,
  callback: URL,
  begun: Pick<BegunSignIn, 'state' | 'nonce' | 'codeVerifier'>,
): Promise<ProviderAccount> {
  return asking(async (openid) => {
    const configuration = await configure(openid, client)
    const tokens = await openid.authorizationCodeGrant(configuration, callback, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.codeVerifier,
    })
    const claims = tokens.claims()
    if (claims === undefined || !subjectPattern.test(claims.sub)) throw new TypeError('The ID token names nobody.')
    const profile = async () => {
      // Most providers tell it there, and not in the ID token.
      const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
      const told = hasUserInfo ? await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub) : {}
      return toProfile({ ...told, ...claims })
    }
    return { issuer: claims.iss, subject: claims.sub, profile: () => asking(profile) }
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

/** Loads the library at the first use: a start would wait for it in vain, and most installations never need it. */
async function asking<T>(work: (openid: typeof Openid) => Promise<T>): Promise<T> {
  const openid = await import('openid-client')
  try {
    return await work(openid)
  } catch (error) {
    throw new ProviderFailed(error)
  }
}

async function configure(openid: typeof Openid, client: OpenidClient): Promise<Openid.Configuration> {
  const metadata = knownMetadata.get(client.issuer) ?? (await discover(openid, client))
  // RFC 6749, section 2.3.1, has every provider take Basic, which some get wrong; so only where there is no choice.
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
  // openid-client lets the issuers of some providers differ: those that sign in the people of whatever organization.
  if (withoutSlash(metadata.issuer) !== withoutSlash(client.issuer)) throw new TypeError('The issuer is another.')
  const { authorization_endpoint, token_endpoint, jwks_uri } = metadata
  if (!authorization_endpoint || !token_endpoint || !jwks_uri) throw new TypeError('An endpoint is missing.')
  const kept = keptMetadata(metadata)
  knownMetadata.set(kept.issuer, kept)
  return kept
}

/** The members that sign-ins need. The rest of what a provider publishes is not kept: parsed, it can take many times its size. */
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

// People leave it out, which the library lets pass, too.
function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '')
}

// Only a provider on this machine can have been configured so.
function isWithoutTls({ issuer }: OpenidClient): boolean {
  return new URL(issuer).protocol === 'http:'
}

/** Fetches for openid-client, which follows no redirects: only from where secrets may go, and no more than there is to say. */
const fetchFromProvider: Openid.CustomFetch = async (url, options) => {
  if (!isSafeTransport(new URL(url))) throw new TypeError('Providers are asked over TLS.')
  const response = await fetch(url, options as RequestInit)
  let bytes = 0
  const atMost = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > maxAnswerBytes) controller.error(new TypeError('The answer is too long.'))
      else controller.enqueue(chunk)
    },
  })
  return new Response(response.body?.pipeThrough(atMost) ?? null, response)
}
