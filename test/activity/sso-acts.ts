import { CompleteSsoSignInDocument, ConfigureSsoDocument, RemoveSsoDocument } from '../../schema/typed-documents.ts'
import { configure, newPerson, signInThrough, start } from '../sso/arrange.ts'
import { type Act, fresh, ofOwner, ownAccount, sending } from './acts.ts'

/** The actions of single sign-on. */
export const ssoActs: readonly Act[] = [
  {
    action: 'organization.sso_configure',
    prepare(world) {
      const input = world.provider.client
      const event = { target: 'acme', data: { issuer: input.issuer, clientId: input.clientId } }
      return ofOwner(world, ConfigureSsoDocument, { organization: 'acme', input }, event)
    },
  },
  {
    action: 'user.sign_in',
    how: 'through a provider',
    async prepare(world) {
      const { postern, owner, provider } = world
      await configure(owner, provider)
      const username = fresh('through')
      const subject = newPerson(provider, { preferred_username: username })
      await signInThrough(postern, provider, subject)
      return {
        // Each sign-in can be completed once.
        async send(headers) {
          const { authorizationUrl, signInToken } = await start(postern, provider)
          const callbackUrl = await provider.signIn(authorizationUrl, subject)
          const variables = { input: { signInToken, callbackUrl } }
          return sending(postern.client(), CompleteSsoSignInDocument, variables)(headers)
        },
        event: async () => ({ ...(await ownAccount(world, username)), data: { through: 'acme' } }),
      }
    },
  },
  {
    action: 'organization.sso_remove',
    async prepare(world) {
      await configure(world.owner, world.provider)
      const event = { target: 'acme', data: { issuer: world.provider.client.issuer } }
      return ofOwner(world, RemoveSsoDocument, { organization: 'acme' }, event)
    },
  },
]
