import { ActivityDocument, NodeDocument } from '../../schema/typed-documents.ts'
import { hasOrganizationPermission, mayManageTokens, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { places } from './matrix-queries.ts'
import {
  type MatrixCase,
  missingId,
  type OrganizationSubject,
  on,
  organizationSubject,
  type Place,
  tokenOf,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

const readsOf = (organizationId: string) => (principal: Principal) =>
  hasOrganizationPermission(principal, organizationId, 'ACTIVITY_READ')

/** The outcome of the list, and the events in it for callers who may read it. */
function listed(principal: Principal, organizationId: string, seen: Outcome): Outcome {
  if (principal.kind === 'ANONYMOUS') return 'sign in'
  if (!maySeeOrganization(principal, organizationId)) return 'null'
  return readsOf(organizationId)(principal) ? seen : 'forbidden'
}

/** The newest event of an organization. */
async function eventOf({ id: organizationId, name, owner }: Place): Promise<OrganizationSubject> {
  const { organization } = await owner.execute(ActivityDocument, { organization: name, first: 1 })
  const id = organization?.activity.nodes[0]?.id
  if (id === undefined) throw new Error(`Nothing has happened to ${name}.`)
  return { reference: id, missing: missingId(id), organizationId, isKnownTo: readsOf(organizationId) }
}

const nodes = places((place, what) =>
  on('Query.node', `an activity event of ${what}`, {
    document: NodeDocument,
    subject: (world) => eventOf(place(world)),
    variables: (id) => ({ id }),
    expected: (principal, { isKnownTo }) => (isKnownTo(principal) ? 'yes' : 'null'),
  }),
)

const lists = places((place, what) =>
  on('Organization.activity', what, {
    document: 'query ($name: String!) { organization(name: $name) { name activity { totalCount nodes { id } } } }',
    subject: (world) => organizationSubject(place(world)),
    variables: (name) => ({ name }),
    expected: (principal, { organizationId }) => listed(principal, organizationId, 'yes'),
  }),
)

/** Reading the event of a token's generation does not imply seeing the token. */
const tokens = places((place, what) =>
  on('ActivityEvent.accessToken', `a token of ${what}`, {
    document: `query ($name: String!, $token: ID!) {
      organization(name: $name) { activity(filter: { token: $token }) { nodes { accessToken { id } } } }
    }`,
    subject: async (world) => {
      const subject = await tokenOf(place(world))
      return { ...subject, isKnownTo: readsOf(subject.organizationId) }
    },
    variables: (token, world) => ({ name: place(world).name, token }),
    reading: { path: ['organization', 'activity', 'nodes', '0', 'accessToken'] },
    expected: (principal, { organizationId }) =>
      listed(principal, organizationId, mayManageTokens(principal, organizationId) ? 'yes' : 'null'),
  }),
)

export const activityCases: readonly MatrixCase[] = [...nodes, ...lists, ...tokens]
