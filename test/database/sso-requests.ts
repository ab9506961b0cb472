import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { OpenidProvider } from '../harness/openid-provider.ts'
import type { Person, Postern } from '../harness/postern.ts'
import type { Ask } from './ask.ts'

/** Sign-ins of a new person, of the same person again, and of a person who links their account. */
export async function everySsoOperation(
  ask: Ask,
  postern: Postern,
  provider: OpenidProvider,
  owner: Client,
  member: Person,
): Promise<void> {
  const organization = 'acme'
  await ask(owner, documents.ConfigureSsoDocument, { organization, input: provider.client })
  await ask(owner, documents.SsoProviderDocument, { organization })
  provider.people.set('new', { preferred_username: 'newcomer', email: 'newcomer@example.com', email_verified: true })
  const link = { username: 'grace', password: member.password }
  for (const [subject, more] of [
    ['new', {}],
    ['new', {}],
    ['grace', { link }],
  ] as const) {
    const { redirectUri } = provider
    const begun = await ask(postern.client(), documents.StartSsoSignInDocument, {
      input: { organization, redirectUri },
    })
    const { authorizationUrl, signInToken } = begun.startSsoSignIn
    const callbackUrl = await provider.signIn(authorizationUrl ?? '', subject)
    const input = { signInToken: signInToken ?? '', callbackUrl, ...more }
    await ask(postern.client(), documents.CompleteSsoSignInDocument, { input })
  }
  await ask(owner, documents.RemoveSsoDocument, { organization })
}
