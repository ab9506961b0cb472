import {
  CompleteSsoSignInDocument,
  ConfigureSsoDocument,
  RemoveSsoDocument,
  StartSsoSignInDocument,
} from '../../schema/typed-documents.ts'
import { mayEditOrganization, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { configure, newPerson, start } from '../sso/arrange.ts'
import {
  forPeople,
  type MatrixCase,
  type OrganizationSubject,
  on,
  organizationSubject,
  type Place,
  type Subject,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** An organization with a provider. */
async function withProvider({ provider }: World, place: Place): Promise<OrganizationSubject> {
  await configure(place.owner, provider, place.name)
  return organizationSubject(place)
}

function ofOwners(principal: Principal, { organizationId }: OrganizationSubject): Outcome {
  return forPeople(principal, () => {
    if (!maySeeOrganization(principal, organizationId)) return 'not found'
    return mayEditOrganization(principal, organizationId) ? 'yes' : 'forbidden'
  })
}

const guardedFields = places((place, what) =>
  on('Organization.ssoProvider', what, {
    document: 'query ($name: String!) { organization(name: $name) { name ssoProvider { issuer clientId } } }',
    subject: (world) => withProvider(world, place(world)),
    variables: (name) => ({ name }),
    expected: (principal, { organizationId }) => {
      if (principal.kind === 'ANONYMOUS') return 'sign in'
      if (!maySeeOrganization(principal, organizationId)) return 'null'
      return mayEditOrganization(principal, organizationId) ? 'yes' : 'forbidden'
    },
  }),
)

const settings = [
  ...places((place, what) =>
    on('Mutation.configureSso', what, {
      document: ConfigureSsoDocument,
      subject: (world) => organizationSubject(place(world)),
      variables: (organization, { provider }) => ({ organization, input: provider.client }),
      expected: ofOwners,
    }),
  ),
  ...places((place, what) =>
    on('Mutation.removeSso', what, {
      document: RemoveSsoDocument,
      subject: (world) => withProvider(world, place(world)),
      variables: (organization) => ({ organization }),
      expected: ofOwners,
    }),
  ),
]

// Every caller may, because this is how people sign in.
const signIns = [
  on('Mutation.startSsoSignIn', 'with a provider', {
    document: StartSsoSignInDocument,
    // Everybody who may sign in through an organization learns that it exists.
    subject: async (world) => ({ ...(await withProvider(world, world.acme)), isKnownTo: () => true }),
    variables: (organization, { provider: { redirectUri } }) => ({ input: { organization, redirectUri } }),
    expected: () => 'yes',
  }),
  on('Mutation.startSsoSignIn', 'without one', {
    document: StartSsoSignInDocument,
    subject: (): Subject => {
      const isKnownTo = () => false
      return { reference: 'globex', missing: 'absent', isKnownTo }
    },
    variables: (organization, { provider: { redirectUri } }) => ({ input: { organization, redirectUri } }),
    expected: () => 'not found',
  }),
  on('Mutation.completeSsoSignIn', '', {
    document: CompleteSsoSignInDocument,
    async subject(world): Promise<Subject> {
      await withProvider(world, world.acme)
      const { authorizationUrl, signInToken } = await start(world.postern, world.provider)
      const callbackUrl = await world.provider.signIn(authorizationUrl, newPerson(world.provider))
      const missing = JSON.stringify({ signInToken: 'x'.repeat(signInToken.length), callbackUrl })
      return { reference: JSON.stringify({ signInToken, callbackUrl }), missing, isKnownTo: () => true }
    },
    variables: (input) => ({ input: JSON.parse(input) }),
    expected: () => 'yes',
  }),
]

export const ssoCases: readonly MatrixCase[] = [...guardedFields, ...settings, ...signIns]

function places(define: (place: (world: World) => Place, what: string) => MatrixCase): MatrixCase[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}
