import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql'
import { findActivityEvent } from '../domain/activity/find-activity-event.ts'
import { visibleGroup } from '../domain/group/find-group.ts'
import { findInvite } from '../domain/member/find-invite.ts'
import { findVisibleDelivery } from '../domain/notice/find-delivery.ts'
import { findVisibleWebhook } from '../domain/notice/find-webhook.ts'
import { mayManageCompany } from '../domain/policy/policy.ts'
import { personBehind } from '../domain/policy/principal.ts'
import { Denied } from '../domain/shared/errors.ts'
import { type IdPrefix, idPrefixOf } from '../domain/shared/id.ts'
import { maxPageSize } from '../domain/shared/page.ts'
import { toActivityEvents } from './activity/activity-event-node.ts'
import type { Context } from './context.ts'
import { Node } from './node.ts'
import { toAccessToken } from './token/access-token-node.ts'

/** Kinds of objects that a request looks up together, however many. */
const batchedKinds: ReadonlySet<IdPrefix | null> = new Set<IdPrefix>(['com', 'grp', 'org', 'rep', 'tok', 'usr'])

@Resolver()
export class NodeQuery {
  @Query(() => Node, {
    nullable: true,
    description: 'Object of any type by id. Null if it does not exist or the caller cannot see it.',
  })
  node(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Id of the object.' }) id: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<object | null> {
    return findNode(context, id, info)
  }

  @Query(() => [Node], {
    nullable: 'items',
    description:
      'Objects by their ids, in the order of the ids. Null for each that does not exist or that the caller cannot see.',
  })
  nodes(
    @Ctx() context: Context,
    @Arg('ids', () => [ID], {
      description:
        'Ids of tokens, repositories, organizations, groups, people and companies: at most 100, each ' +
        'once. Request other objects with `node`.',
    })
    ids: string[],
    @Info() info: GraphQLResolveInfo,
  ): Promise<Array<object | null>> {
    if (ids.length > maxPageSize)
      throw new Denied('BAD_USER_INPUT', `\`nodes\` takes at most ${maxPageSize} ids. Send several requests.`)
    if (new Set(ids).size < ids.length)
      throw new Denied('BAD_USER_INPUT', '`nodes` takes each id once. Remove the repeated ids.')
    if (ids.some((id) => isUnbatched(idPrefixOf(id))))
      throw new Denied(
        'BAD_USER_INPUT',
        '`nodes` takes ids of tokens, repositories, organizations, groups, people and companies. Request other ' +
          'objects with `node`.',
      )
    return Promise.all(ids.map((id) => findNode(context, id, info)))
  }
}

function isUnbatched(kind: IdPrefix | null): boolean {
  return kind !== null && !batchedKinds.has(kind)
}

async function findNode(context: Context, id: string, info: GraphQLResolveInfo): Promise<object | null> {
  const { principal, loaders } = context
  switch (idPrefixOf(id)) {
    case 'com': {
      const company = await loaders.companyById.load(id)
      return typed('Company', company !== null && mayManageCompany(principal, company) ? company : null)
    }
    case 'evt': {
      const event = await findActivityEvent(context, id)
      const [node] = event === null ? [] : await toActivityEvents(context, [event], info)
      return typed('ActivityEvent', node ?? null)
    }
    case 'grp':
      return typed('Group', visibleGroup(principal, await loaders.groupById.load(id)))
    case 'inv':
      return typed('Invite', await findInvite(context, id))
    case 'org':
      return typed('Organization', await loaders.organizationById.load(id))
    case 'rep':
      return typed('Repository', await loaders.repositoryById.load(id))
    case 'tok':
      return toAccessToken(context, await loaders.visibleToken.load(id), info)
    case 'usr':
      return typed('User', personBehind(principal) ? await loaders.userById.load(id) : null)
    case 'whd':
      return typed('WebhookDelivery', await findVisibleDelivery(context, id))
    case 'whk':
      return typed('Webhook', await findVisibleWebhook(context, id))
    default:
      return null
  }
}

function typed(typeName: string, object: object | null): object | null {
  return object === null ? null : { ...object, __typename: typeName }
}
