import {
  CompleteSsoSignInDocument,
  type CompleteSsoSignInInput,
  ConfigureSsoDocument,
  StartSsoSignInDocument,
} from '../../schema/typed-documents.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import type { Client } from '../harness/client.ts'
import type { Claims, OpenidProvider } from '../harness/openid-provider.ts'
import type { Postern } from '../harness/postern.ts'

/** Configures single sign-on of an organization through a provider. */
export async function configure(owner: Client, provider: OpenidProvider, organization = 'acme'): Promise<void> {
  const { configureSso } = await owner.execute(ConfigureSsoDocument, { organization, input: provider.client })
  if (configureSso.userErrors.length > 0) throw new Error(JSON.stringify(configureSso.userErrors))
}

/** Enforces single sign-on in an organization, or allows passwords again. */
export async function enforce(postern: Postern, organization: string, ssoEnforced = true): Promise<void> {
  await postern.em().nativeUpdate(Organization, { name: organization }, { ssoEnforced })
}

/** Starts a sign-in, which must succeed. */
export async function start(postern: Postern, provider: OpenidProvider, organization = 'acme') {
  const input = { organization, redirectUri: provider.redirectUri }
  const { startSsoSignIn } = await postern.client().execute(StartSsoSignInDocument, { input })
  const { authorizationUrl, signInToken, userErrors } = startSsoSignIn
  if (!authorizationUrl || !signInToken) throw new Error(JSON.stringify(userErrors))
  return { authorizationUrl, signInToken }
}

/** Completes a sign-in, and returns the payload, which may have user errors. */
export async function complete(postern: Postern, input: CompleteSsoSignInInput) {
  return (await postern.client().execute(CompleteSsoSignInDocument, { input })).completeSsoSignIn
}

/** Signs in as a person of the provider, and returns the payload of the last step. */
export async function signInThrough(
  postern: Postern,
  provider: OpenidProvider,
  subject: string,
  options: { readonly organization?: string; readonly link?: CompleteSsoSignInInput['link'] } = {},
) {
  const { authorizationUrl, signInToken } = await start(postern, provider, options.organization)
  const callbackUrl = await provider.signIn(authorizationUrl, subject)
  return complete(postern, { signInToken, callbackUrl, link: options.link ?? null })
}

let created = 0
/** A new person at the provider, by subject. */
export function newPerson(provider: OpenidProvider, claims: Claims = {}): string {
  const subject = `subject-${++created}`
  provider.people.set(subject, claims)
  return subject
}
