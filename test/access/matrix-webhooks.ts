import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  CreateWebhookDocument,
  DeleteWebhookDocument,
  NodeDocument,
  ReplayWebhookDeliveryDocument,
  RotateWebhookSecretDocument,
  UpdateWebhookDocument,
} from '../../schema/typed-documents.ts'
import { mayEditOrganization, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { createNotice, createWebhook, deliveriesOf } from '../webhook/arrange.ts'
import {
  forPeople,
  type MatrixCase,
  missingId,
  newName,
  type OrganizationSubject,
  on,
  organizationSubject,
  type Place,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** A URL that nobody listens at. */
const newUrl = () => `http://127.0.0.1:9/${newName('h')}`

// Ten webhooks are allowed, and the rows need more.
async function clear({ postern }: World, place: Place): Promise<void> {
  await postern.em().execute('delete from webhook where namespace_id = ?', [place.id])
}

async function webhookIn(world: World, place: Place): Promise<OrganizationSubject> {
  await clear(world, place)
  const { id } = await createWebhook(place.owner, { url: newUrl(), organization: place.name })
  return subjectOf(id, place)
}

async function deliveryIn(world: World, place: Place): Promise<OrganizationSubject> {
  const { reference } = await webhookIn(world, place)
  await createNotice(world.postern, place.id)
  const [delivery] = await deliveriesOf(place.owner, reference, place.name)
  return subjectOf(delivery?.id ?? '', place)
}

function subjectOf(id: string, place: Place): OrganizationSubject {
  return {
    reference: id,
    missing: missingId(id),
    organizationId: place.id,
    isKnownTo: (principal) => mayEditOrganization(principal, place.id),
  }
}

const managed = (principal: Principal, { isKnownTo }: OrganizationSubject): Outcome =>
  forPeople(principal, () => (isKnownTo(principal) ? 'yes' : 'not found'))

const creations = places((place, what) =>
  on('Mutation.createWebhook', `of ${what}`, {
    document: CreateWebhookDocument,
    subject: async (world) => {
      await clear(world, place(world))
      return organizationSubject(place(world))
    },
    variables: (organization) => ({ input: { organization, url: newUrl(), events: ['TOKEN_EXPIRED' as const] } }),
    expected: (principal, { organizationId, isKnownTo }) =>
      forPeople(principal, () => {
        if (!isKnownTo(principal)) return 'not found'
        return mayEditOrganization(principal, organizationId) ? 'yes' : 'forbidden'
      }),
  }),
)

const changes: readonly MatrixCase[] = [
  ...onWebhooks('Mutation.updateWebhook', UpdateWebhookDocument, (id) => ({ id, input: { url: newUrl() } })),
  ...onWebhooks('Mutation.rotateWebhookSecret', RotateWebhookSecretDocument, (id) => ({ id })),
  ...onWebhooks('Mutation.deleteWebhook', DeleteWebhookDocument, (id) => ({ id })),
  ...places((place, what) =>
    on('Mutation.replayWebhookDelivery', `of ${what}`, {
      document: ReplayWebhookDeliveryDocument,
      subject: (world) => deliveryIn(world, place(world)),
      variables: (id) => ({ id }),
      expected: managed,
    }),
  ),
]

const nodes = [
  ['a webhook', webhookIn],
  ['a delivery', deliveryIn],
].flatMap(([kind, arrange]) =>
  places((place, what) =>
    on('Query.node', `${kind} of ${what}`, {
      document: NodeDocument,
      subject: (world) => (typeof arrange === 'function' ? arrange(world, place(world)) : null),
      variables: (id) => ({ id }),
      expected: (principal, { isKnownTo }) => (isKnownTo(principal) ? 'yes' : 'null'),
    }),
  ),
)

const guardedFields = ['webhooks { totalCount nodes { url } }', 'emailNotices'].flatMap((selection) =>
  places((place, what) =>
    on(`Organization.${selection.split(' ', 1)[0]}`, what, {
      document: `query ($name: String!) { organization(name: $name) { name ${selection} } }`,
      subject: (world) => organizationSubject(place(world)),
      variables: (name) => ({ name }),
      expected: (principal, { organizationId }) => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        if (!maySeeOrganization(principal, organizationId)) return 'null'
        return mayEditOrganization(principal, organizationId) ? 'yes' : 'forbidden'
      },
    }),
  ),
)

export const webhookCases: readonly MatrixCase[] = [...nodes, ...guardedFields, ...creations, ...changes]

function places(define: (place: (world: World) => Place, what: string) => MatrixCase): MatrixCase[] {
  return [define(({ acme }) => acme, 'acme'), define(({ initech }) => initech, 'initech')]
}

function onWebhooks<Data, Variables>(
  field: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: (id: string) => Variables,
): MatrixCase[] {
  return places((place, what) =>
    on(field, `of ${what}`, {
      document,
      subject: (world) => webhookIn(world, place(world)),
      variables,
      expected: managed,
    }),
  )
}
