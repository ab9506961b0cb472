import { ActivityDocument, type ActivityQueryVariables } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { arrangeCallers, type Callers, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonalToken } from '../harness/inserted-token.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { tamper } from '../harness/tamper.ts'

/** A Postern with events in `acme`, and with others elsewhere. */
export interface ActivityWorld {
  readonly postern: Postern
  readonly callers: Callers
  readonly owner: Client
  /** One token of `acme` with ACTIVITY_READ, one without. */
  readonly reading: { readonly id: string; readonly client: Client }
  readonly blind: Client
  /** Personal tokens, one of the owner and one of the member. */
  readonly personal: { readonly owner: string; readonly member: string }
}

/** The id of a deleted token. */
export const gone = 'tok_01ARZ3NDEKTSV4RRFFQ69G5FAV'

type NewEvent = Pick<ActivityEvent, 'action' | 'target'> & Partial<ActivityEvent>

/** The time of the event with this number, in 2001, before all events of the test itself. */
export const atSecond = (second: number) => new Date(Date.UTC(2001, 0, 1, 0, 0, second))

/**
 * Inserts events into a namespace, one per second. The actor is the owner of `acme` unless the event says otherwise.
 */
export async function insertEvents(
  { postern, owner }: Pick<ActivityWorld, 'postern' | 'owner'>,
  namespace: string,
  events: readonly NewEvent[],
): Promise<void> {
  const rest = {
    actorKind: 'USER' as const,
    actorId: await userIdOf(owner),
    actorName: 'owner',
    tokenId: null,
    tokenLabel: null,
  }
  const from = { ipAddress: null, userAgent: null, requestId: null, data: {} }
  await postern.em().insertMany(
    ActivityEvent,
    events.map((event, index) => {
      const at = atSecond(index)
      return { ...rest, ...from, ...event, id: newId('evt', at), at, namespace }
    }),
  )
}

/** Starts a Postern that has these events only. */
export async function arrangeActivity(): Promise<ActivityWorld> {
  const postern = await startPostern()
  const callers = await arrangeCallers(postern)
  const owner = callers.all.owner.client
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['ACTIVITY_READ' as const] }]
  const { id, secret } = await generateToken(owner, { scopes, label: 'audit' })
  const reading = { id, client: postern.client(secret) }
  const blind = postern.client((await generateToken(owner)).secret)
  const elsewhere = callers.all.tokenElsewhere.tokenId
  const ownToken = async (kind: 'owner' | 'member') =>
    (await generatePersonalToken(postern, await userIdOf(callers.all[kind].client))).id
  const personal = { owner: await ownToken('owner'), member: await ownToken('member') }
  const audit = { tokenId: reading.id, tokenLabel: 'audit' }
  // The first use of a token records an event.
  const tokens = [reading.client, blind, ...Object.values(callers.all).map(({ client }) => client)]
  for (const client of tokens) await client.send({ query: '{ viewer { organization { id } } }' })
  await tamper(postern.config.databaseUrl ?? '', 'delete from activity_event', 'delete from activity_chain')
  await insertEvents({ postern, owner }, callers.acmeId, [
    { action: 'organization.create', target: 'acme', ipAddress: '203.0.113.7', userAgent: 'curl/8' },
    { action: 'access_token.create', target: 'audit', ...audit, data: { scopes: 'all', a: '1', expiresAt: 'never' } },
    { action: 'repository.create', target: 'acme/api', ipAddress: '2001:db8::1' },
    { action: 'repository.push', target: 'acme/api:1.0', actorName: 'acme', actorKind: 'ORGANIZATION_TOKEN', ...audit },
    { action: 'repository.create', target: 'acme/api-docs', actorName: 'acme', actorKind: 'ORGANIZATION_TOKEN' },
    {
      ...{ action: 'repository.create', target: 'acme/web', tokenId: personal.member, tokenLabel: 'laptop' },
      ...{ actorKind: 'PERSONAL_TOKEN', actorId: personal.member, actorName: 'member' },
    },
    { action: 'access_token.delete', target: 'old', tokenId: gone, tokenLabel: 'old' },
    {
      ...{ action: 'repository.create', target: 'acme/own', tokenId: personal.owner, tokenLabel: 'laptop' },
      ...{ actorKind: 'PERSONAL_TOKEN', actorId: personal.owner, actorName: 'owner' },
    },
    {
      action: 'member.invite',
      target: 'x',
      actorKind: 'SYSTEM',
      actorId: null,
      actorName: 'system',
      tokenId: elsewhere,
    },
  ])
  await insertEvents({ postern, owner }, callers.globexId, [
    { action: 'repository.create', target: 'acme/api', ...audit },
  ])
  await insertEvents({ postern, owner }, await userIdOf(owner), [{ action: 'user.sign_in', target: 'owner' }])
  return { postern, callers, owner, reading, blind, personal }
}

/** The events in `acme`, newest first. */
export const all = ['x', 'acme/own', 'old', 'acme/web', 'acme/api-docs', 'acme/api:1.0', 'acme/api', 'audit', 'acme']

/** The activity of `acme`. */
export async function list(client: Client, variables: Omit<ActivityQueryVariables, 'organization'> = {}) {
  const { organization } = await client.execute(ActivityDocument, { organization: 'acme', ...variables })
  if (!organization) throw new Error('The organization is not seen.')
  return organization.activity
}

export const targetsOf = ({ nodes }: { nodes: readonly { target: string }[] }) => nodes.map(({ target }) => target)
