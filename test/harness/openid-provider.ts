import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider, type ProviderContext } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { ConfigureSsoInput } from '../../schema/typed-documents.ts'

/** What a provider tells of somebody. */
export type Claims = Readonly<Record<string, unknown>>

/** A real OpenID provider on this machine, with the people that a test gives it. */
export interface OpenidProvider {
  /** What `configureSso` takes. */
  readonly client: ConfigureSsoInput
  /** Frontends that sign-ins come back to; nothing is there. */
  readonly redirectUri: string
  /** Who can sign in, by subject. */
  readonly people: Map<string, Claims>
  /** The requests that it was sent, as `GET /path`. */
  readonly requests: readonly string[]
  /** Signs somebody in there, as a browser would, and answers the address that it sends the browser back to. */
  signIn(authorizationUrl: string, subject: string): Promise<string>
  /** From here on nothing answers at its address. */
  stop(): Promise<void>
}

const redirectUri = 'https://frontend.example.com/callback'
const clientSecret = 'a client secret, as long as it is random'
const ttl = { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 }

/** Starts a provider on a free port. It asks for no password: whom a browser names, that is who they are. */
export async function startOpenidProvider(): Promise<OpenidProvider> {
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
        redirect_uris: [redirectUri, `${redirectUri}/elsewhere`],
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
  const answer = provider.callback()
  server.on('request', (request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    const login = { accountId: request.headers['x-subject'] }
    provider
      .interactionFinished(request, response, { login })
      .catch((error: unknown) => response.destroy(error as Error))
  })
  return {
    client: { issuer, clientId: 'postern', clientSecret, redirectUris: [redirectUri] },
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

/** Nobody is asked whether Postern may know who they are. */
async function loadExistingGrant({ oidc }: ProviderContext): Promise<object> {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
  grant.addOIDCScope('openid profile email')
  await grant.save()
  return grant
}

/** Follows redirects with cookies, until one leads off the provider. */
async function browse(authorizationUrl: string, subject: string): Promise<string> {
  const { origin } = new URL(authorizationUrl)
  const cookies = new Map<string, string>()
  let url = authorizationUrl
  while (new URL(url).origin === origin) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie, 'x-subject': subject } })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`)
    url = new URL(location, url).href
  }
  return url
}
