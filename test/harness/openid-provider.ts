import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider, type ProviderContext } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { ConfigureSsoInput } from '../../schema/typed-documents.ts'

/** The claims of a provider about a person. */
export type Claims = Readonly<Record<string, unknown>>

/** A real OpenID provider on this machine, with the people of a test. */
export interface OpenidProvider {
  /** The input of `configureSso`. */
  readonly client: ConfigureSsoInput
  /** The frontends that sign-ins return to. Nothing listens there. */
  readonly redirectUri: string
  /** The people who can sign in, by subject. */
  readonly people: Map<string, Claims>
  /** The requests that it received, as `GET /path`. */
  readonly requests: readonly string[]
  /** Signs a person in like a browser, and returns the address that the browser is redirected to. */
  signIn(authorizationUrl: string, subject: string): Promise<string>
  /** From now on, nothing listens at its address. */
  stop(): Promise<void>
}

const redirectUri = 'https://frontend.example.com/callback'
const clientSecret = 'a client secret, as long as it is random'
const ttl = { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 }

/**
 * Starts a provider on a free port. It asks for no password: it believes the browser. Sign-ins can
 * also come back to these addresses.
 */
export async function startOpenidProvider(redirectUris: readonly string[] = []): Promise<OpenidProvider> {
  const people = new Map<string, Claims>()
  const requests: string[] = []
  const server = createServer()
  const issuer = await listen(server)
  const provider = new Provider(issuer, {
    adapter: createMemoryAdapter(),
    claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email', 'email_verified'] },
    clients: [
      {
        client_id: 'postern',
        client_secret: clientSecret,
        redirect_uris: [redirectUri, `${redirectUri}/elsewhere`, ...redirectUris],
        id_token_signed_response_alg: 'ES256',
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, subject: string) => ({
      accountId: subject,
      claims: () => ({ ...people.get(subject), sub: subject }),
    }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    jwks: { keys: [newKey()] },
    loadExistingGrant,
    pkce: { required: () => true },
    ttl,
  })
  const handle = provider.callback()
  server.on('request', (request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (!request.url?.startsWith('/interaction/')) return handle(request, response)
    const login = { accountId: request.headers['x-subject'] }
    provider
      .interactionFinished(request, response, { login })
      .catch((error: unknown) => response.destroy(error as Error))
  })
  return {
    client: { issuer, clientId: 'postern', clientSecret, redirectUris: [redirectUri, ...redirectUris] },
    redirectUri,
    people,
    requests,
    signIn: browse,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function newKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }
}

/** Grants Postern access without asking the person. */
async function loadExistingGrant({ oidc }: ProviderContext): Promise<object> {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
  grant.addOIDCScope('openid profile email')
  await grant.save()
  return grant
}

/** Follows redirects with cookies, until one leads away from the provider. */
async function browse(authorizationUrl: string, subject: string): Promise<string> {
  const { origin } = new URL(authorizationUrl)
  const cookies = new Map<string, string>()
  let url = authorizationUrl
  while (new URL(url).origin === origin) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const result = await fetch(url, { redirect: 'manual', headers: { cookie, 'x-subject': subject } })
    for (const line of result.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      cookies.set(name, value)
    }
    const location = result.headers.get('location')
    if (location === null) throw new Error(`The provider returned ${result.status}: ${await result.text()}`)
    url = new URL(location, url).href
  }
  return url
}
